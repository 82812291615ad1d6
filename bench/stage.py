"""Stages of a run: servers, the scenarios measured on each of them, the resulting table and its targets."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from pathlib import Path

from bench import machine
from bench.peers import Peer
from bench.scenario import Scenario
from bench.site import People, Site, serve
from bench.table import Figures, Results, Target, table

FAILURES = (RuntimeError, OSError, HTTPException, subprocess.SubprocessError, LookupError)
"""Exceptions of a measurement on a server that does not work; `TimeoutError` is an `OSError`."""

_folders = itertools.count()


@dataclass(frozen=True)
class Subject:
    """A column of the table: a server and its users."""

    peer: Peer
    people: People
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or self.peer.name


@dataclass(frozen=True)
class Stage:
    """Scenarios measured on each of some subjects; the other subjects are compared with the first."""

    title: str
    subjects: tuple[Subject, ...]
    scenarios: tuple[Scenario, ...]
    targets: tuple[Target, ...] = ()
    compared: bool = True
    conclude: Callable[[Results], Results] = dict
    """Adds figures that are computed from several columns."""
    notes: Callable[[Results], list[str]] = lambda results: []
    """Returns the notes under the table."""

    def chosen(self, word: str) -> Stage:
        """Returns the stage with only the scenarios whose name contains `word`, or all if the title contains it."""
        named = tuple(scenario for scenario in self.scenarios if word in scenario.name)
        return self if word in self.title else replace(self, scenarios=named)

    def without(self, peers: tuple[Peer, ...]) -> Stage:
        """Returns the stage without servers that cannot run on this machine."""
        return replace(self, subjects=tuple(subject for subject in self.subjects if subject.peer not in peers))

    def run(self, folder: Path, program: Path) -> Outcome:
        """Starts all servers, then measures each scenario on one after the other.

        Compared figures are thus measured in the same minutes.
        """
        with ExitStack() as stack:
            run = Run(stack)
            for subject in self.subjects:
                run.start(subject, folder, program)
            for scenario in self.scenarios:
                run.measure(scenario)
        return Outcome(self, self.conclude(run.results), run.failed)


@dataclass
class Run:
    """Sites of a stage and their figures so far. A site that fails is reported and left out from then on."""

    stack: ExitStack
    sites: dict[str, Site] = field(default_factory=dict)
    results: Results = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def start(self, subject: Subject, folder: Path, program: Path) -> None:
        """Starts the server of a subject, with a folder of its own."""
        machine.say(f"{subject.name}: starting")
        self.results[subject.name] = {}
        folder = folder / str(next(_folders))
        folder.mkdir()
        try:
            self.sites[subject.name] = self.stack.enter_context(serve(subject.peer, subject.people, folder, program))
        except FAILURES as error:
            self._give_up(subject.name, error)

    def measure(self, scenario: Scenario) -> None:
        """Measures a scenario on every site, in as many rounds as are necessary."""
        measured: dict[str, list[Figures]] = {name: [] for name in self.sites}
        while todo := [name for name in self.sites if not scenario.is_enough(measured[name])]:
            for name in todo:
                machine.say(f"{name}: {scenario.name}")
                measured[name] += self._figures(name, scenario)
        for name in self.sites:
            self.results[name] |= scenario.middle(measured[name])

    def _figures(self, name: str, scenario: Scenario) -> Iterator[Figures]:
        """Yields the figures of one measurement; nothing if it fails."""
        try:
            yield scenario.measure(self.sites[name])
        except FAILURES as error:
            self._give_up(name, error)

    def _give_up(self, name: str, error: Exception) -> None:
        machine.say(f"{name} failed: {error!r}")
        self.failed.append(name)
        self.sites.pop(name, None)


@dataclass(frozen=True)
class Outcome:
    """Results of a stage."""

    stage: Stage
    results: Results
    failed: list[str]

    def table(self) -> str:
        lines = [table(self.stage.title, self.results, compared=self.stage.compared)]
        lines += self.stage.notes(self.results)
        lines += [f"FAILED: {name} could not be measured" for name in self.failed]
        return "\n".join(lines)

    def targets(self) -> list[list[str]]:
        """Returns the lines of the targets whose figures were measured."""
        measured = {figure for column in self.results.values() for figure in column}
        return [target.row(self.results) for target in self.stage.targets if target.figure in measured]
