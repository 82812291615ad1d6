"""Scenarios: functions from a running site to figures, and how often they are measured."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.site import Site
from bench.table import Figure, Figures

OTHERS = Figure("other programs meanwhile, % of a core", compared=False)
DISTURBED = 10.0
"""Percent of a core used by other programs from which a measurement counts as disturbed."""


@dataclass(frozen=True)
class Scenario:
    """A function measured on each site in several rounds; the round with the median of `by` counts.

    `others` is the use of the core by other programs. Disturbed rounds are repeated, up to twice `rounds` for each
    site; then the least disturbed rounds count.
    """

    measure: Callable[[Site], Figures]
    rounds: int = 1
    by: Figure = OTHERS
    others: Figure = OTHERS

    @property
    def name(self) -> str:
        """Name of the function, or of the function in a `partial`."""
        return str(getattr(self.measure, "func", self.measure).__name__)

    def is_enough(self, measured: list[Figures]) -> bool:
        """True if a site has been measured often enough."""
        calm = sum(figures.get(self.others, 0) < DISTURBED for figures in measured)
        return calm >= self.rounds or len(measured) >= 2 * self.rounds

    def middle(self, measured: list[Figures]) -> Figures:
        """Returns the figures of the round that counts."""
        calmest = sorted(measured, key=lambda figures: figures.get(self.others, 0))[: self.rounds]
        return sorted(calmest, key=lambda figures: figures.get(self.by, 0))[len(calmest) // 2]
