"""Figures, targets, and the tables in which they are printed."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A line of a table; the name includes the unit."""

    name: str
    more_is_better: bool = False
    compared: bool = True

    def ratio(self, ours: float, theirs: float) -> float:
        """Returns how many times better `ours` is; NaN if it cannot be computed."""
        better, worse = (ours, theirs) if self.more_is_better else (theirs, ours)
        return better / worse if worse > 0 else math.nan


Figures = dict[Figure, float]
Results = dict[str, Figures]
"""Figures of each subject, by its name. The other subjects are compared with the first."""


@dataclass(frozen=True)
class Target:
    """Requirement for a figure of `of`: `times` better than that of `against`, or at least or at most a value."""

    of: str
    figure: Figure
    against: str = ""
    times: float = 0
    at_least: float = -math.inf
    at_most: float = math.inf

    def row(self, results: Results) -> list[str]:
        """Returns the line of the table of targets."""
        value = self._value(results)
        return [f"{self.of}: {self.figure.name}", self._wanted(), number(value), self._verdict(value, results)]

    def _value(self, results: Results) -> float:
        ours, theirs = (results.get(name, {}).get(self.figure, math.nan) for name in (self.of, self.against))
        return self.figure.ratio(ours, theirs) if self.against else ours

    def _wanted(self) -> str:
        if self.against:
            return f"{self.times:g} x {self.against}"
        return f"at least {self.at_least:g}" if self.at_least > -math.inf else f"at most {self.at_most:g}"

    def _verdict(self, value: float, results: Results) -> str:
        """Returns the verdict. NaN counts as not measured, the missing figure of a failed server as missed."""
        if math.isnan(value) and self.figure in results.get(self.of, {}):
            return "not measured"
        return "met" if max(self.times, self.at_least) <= value <= self.at_most else "MISSED"


def table(title: str, results: Results, *, compared: bool = True) -> str:
    """Returns a table with a column for each subject, and for all but the first how many times better the first is."""
    figures = list(dict.fromkeys(figure for column in results.values() for figure in column))
    first, *others = results
    heads = [word for name in others for word in ((name, "") if compared else (name,))]
    return aligned([[title, first, *heads], *(_row(figure, results, compared) for figure in figures)])


def targets(rows: Iterable[list[str]]) -> str:
    """Returns the table of targets: wanted, measured, and met or not."""
    return aligned([["Targets", "wanted", "measured", ""], *rows])


def number(value: float) -> str:
    """Formats a number with its significant digits; `none` for NaN."""
    if math.isnan(value):
        return "none"
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Aligns the first column to the left and all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(figure: Figure, results: Results, compared: bool) -> list[str]:
    first, *others = (column.get(figure) for column in results.values())
    cells = [figure.name, _cell(first)]
    for theirs in others:
        cells += [_cell(theirs), _ratio(figure, first, theirs)] if compared else [_cell(theirs)]
    return cells


def _cell(value: float | None) -> str:
    return "" if value is None else number(value)


def _ratio(figure: Figure, ours: float | None, theirs: float | None) -> str:
    if not figure.compared or ours is None or theirs is None:
        return ""
    times = figure.ratio(ours, theirs)
    return "" if math.isnan(times) else f"{times:.{1 if times >= 10 else 2}f}x"
