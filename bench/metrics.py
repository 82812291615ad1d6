"""Figures of a server from `GET /metrics`, in Prometheus' text format."""

import math
import re
import urllib.error
import urllib.request
from collections import defaultdict
from typing import Self

REQUEST_TIMEOUT = 10
"""Seconds within which the server must answer."""
LINE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
UPPER_BOUND = re.compile(r'(?:^|,)le="([^"]+)"')


class Metrics:
    """Sums over all labels, and the buckets of histograms by name and upper bound."""

    def __init__(self, text: str = "") -> None:
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._at_most: defaultdict[str, dict[float, float]] = defaultdict(dict)
        for line in text.splitlines():
            if found := LINE.match(line):
                self._add(found["name"], found["labels"] or "", float(found["value"]))

    @classmethod
    def of(cls, port: int) -> Self:
        """Reads the figures of the server on `port`; empty if it has no such page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=REQUEST_TIMEOUT) as answer:
                return cls(answer.read().decode())
        except (urllib.error.HTTPError, OSError):
            return cls()

    def since(self, before: Self, name: str) -> float:
        """Returns the growth of a counter since `before`; NaN if there is no such counter."""
        return self._sums[name] - before._sums.get(name, 0) if name in self._sums else math.nan

    def now(self, name: str) -> float:
        """Returns the value of a gauge; 0 if there is no such gauge."""
        return self._sums.get(name, 0.0)

    def above(self, before: Self, name: str, bound: float) -> float:
        """Returns the number of a histogram's observations above `bound`, an upper bound of a bucket, since
        `before`."""
        if bound not in self._at_most[name]:
            return math.nan
        below = self._at_most[name][bound] - before._at_most[name].get(bound, 0)
        return self.since(before, f"{name}_count") - below

    def longest(self, before: Self, name: str) -> float:
        """Returns the upper bound of the highest bucket with an observation since `before`; NaN if there is none."""
        grown = {bound: count - before._at_most[name].get(bound, 0) for bound, count in self._at_most[name].items()}
        highest = max(grown.values(), default=0)
        return min((bound for bound, count in grown.items() if highest and count == highest), default=math.nan)

    def _add(self, name: str, labels: str, value: float) -> None:
        self._sums[name] += value
        if name.endswith("_bucket") and (found := UPPER_BOUND.search(labels)):
            buckets = self._at_most[name.removesuffix("_bucket")]
            bound = float(found[1])
            buckets[bound] = buckets.get(bound, 0) + value
