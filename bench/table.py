"""Figures, and the table they are printed in."""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What one line of the table says, unit included."""

    name: str
    more_is_better: bool = False
    compared: bool = True
    wanted: float | None = None
    """How many times better than each peer Livefeed must be."""

    def ratio(self, ours: float, theirs: float) -> float:
        """How many times better ours is; 0 where that cannot be said."""
        better, worse = (ours, theirs) if self.more_is_better else (theirs, ours)
        return better / worse if worse > 0 else 0


Figures = dict[Figure, float]


def table(ours: Figures, peers: Mapping[str, Figures]) -> str:
    """Livefeed's figures, beside them each peer's and how many times better ours are, and the target."""
    head = ["", "Livefeed", *(word for name in peers for word in (name, "ratio")), "target"]
    return aligned([head, *(line(figure, ours[figure], peers) for figure in ours)])


def line(figure: Figure, value: float, peers: Mapping[str, Figures]) -> list[str]:
    cells = [figure.name, number(value)]
    for peer in peers.values():
        cells += [number(peer[figure]), ratio(figure, value, peer[figure])] if figure in peer else ["", ""]
    return [*cells, verdict(figure, value, peers)]


def ratio(figure: Figure, ours: float, theirs: float) -> str:
    times = figure.ratio(ours, theirs) if figure.compared else 0
    return f"{times:.1f}x" if times else ""


def verdict(figure: Figure, ours: float, peers: Mapping[str, Figures]) -> str:
    if figure.wanted is None:
        return ""
    met = all(figure.ratio(ours, peer[figure]) >= figure.wanted for peer in peers.values())
    return f"{figure.wanted:g}x {'met' if met else 'MISSED'}"


def number(value: float) -> str:
    """As many digits as mean something; `none` for what could not be measured."""
    if math.isnan(value):
        return "none"
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 1 else 2
    return f"{value:,.{digits}f}"


def aligned(rows: list[list[str]]) -> str:
    """The first column to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
