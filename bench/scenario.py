"""What a scenario is: a function from a running site to figures, and how often it is done."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.site import Site
from bench.table import Figure, Figures

OTHERS = Figure("other programs meanwhile, % of a core", compared=False)
DISTURBED = 10.0
"""Percent of a core from which on other programs disturb."""


@dataclass(frozen=True)
class Scenario:
    """Done to each site in `rounds`, of which the one of median `by` counts. Rounds that other programs disturb, as
    `others` tells, are repeated, each site's up to twice as often; then the least disturbed count."""

    measure: Callable[[Site], Figures]
    rounds: int = 1
    by: Figure = OTHERS
    others: Figure = OTHERS

    @property
    def name(self) -> str:
        """The name of its function, that of a `partial` too."""
        return str(getattr(self.measure, "func", self.measure).__name__)

    def is_enough(self, measured: list[Figures]) -> bool:
        """Whether a site has been measured often enough."""
        calm = sum(figures.get(self.others, 0) < DISTURBED for figures in measured)
        return calm >= self.rounds or len(measured) >= 2 * self.rounds

    def middle(self, measured: list[Figures]) -> Figures:
        """The figures of the round that counts."""
        calmest = sorted(measured, key=lambda figures: figures.get(self.others, 0))[: self.rounds]
        return sorted(calmest, key=lambda figures: figures.get(self.by, 0))[len(calmest) // 2]
