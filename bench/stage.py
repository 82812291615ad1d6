"""A stage of the run: some servers, what is done to each of them, the table that comes of it, and its targets."""

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
"""What measuring raises when a server does not do what it is there for; `TimeoutError` is an `OSError`."""

_folders = itertools.count()


@dataclass(frozen=True)
class Subject:
    """A column of the table: a server and the people it has."""

    peer: Peer
    people: People
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or self.peer.name


@dataclass(frozen=True)
class Stage:
    """Each scenario is done to each subject; the first subject is the one that others are compared with."""

    title: str
    subjects: tuple[Subject, ...]
    scenarios: tuple[Scenario, ...]
    targets: tuple[Target, ...] = ()
    compared: bool = True
    conclude: Callable[[Results], Results] = dict
    """Adds what only several columns together tell."""
    notes: Callable[[Results], list[str]] = lambda results: []
    """Sentences under the table."""

    def chosen(self, word: str) -> Stage:
        """What is left of it when only scenarios whose names hold `word` are wanted, all if its title does."""
        named = tuple(scenario for scenario in self.scenarios if word in scenario.name)
        return self if word in self.title else replace(self, scenarios=named)

    def without(self, peers: tuple[Peer, ...]) -> Stage:
        """Leaves out servers that cannot run here."""
        return replace(self, subjects=tuple(subject for subject in self.subjects if subject.peer not in peers))

    def run(self, folder: Path, program: Path) -> Outcome:
        """Starts all servers, then gives one after the other something to do, so that what is compared is measured in
        the same minutes."""
        with ExitStack() as stack:
            run = Run(stack)
            for subject in self.subjects:
                run.start(subject, folder, program)
            for scenario in self.scenarios:
                run.measure(scenario)
        return Outcome(self, self.conclude(run.results), run.failed)


@dataclass
class Run:
    """The sites of a stage, and their figures so far. A site that fails is told of and left out from then on."""

    stack: ExitStack
    sites: dict[str, Site] = field(default_factory=dict)
    results: Results = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def start(self, subject: Subject, folder: Path, program: Path) -> None:
        """Starts the subject's server, its files in a folder of its own."""
        machine.say(f"{subject.name}: starting")
        self.results[subject.name] = {}
        folder = folder / str(next(_folders))
        folder.mkdir()
        try:
            self.sites[subject.name] = self.stack.enter_context(serve(subject.peer, subject.people, folder, program))
        except FAILURES as error:
            self._give_up(subject.name, error)

    def measure(self, scenario: Scenario) -> None:
        """Does a scenario to every site, in as many rounds as it takes."""
        measured: dict[str, list[Figures]] = {name: [] for name in self.sites}
        while todo := [name for name in self.sites if not scenario.is_enough(measured[name])]:
            for name in todo:
                machine.say(f"{name}: {scenario.name}")
                measured[name] += self._figures(name, scenario)
        for name in self.sites:
            self.results[name] |= scenario.middle(measured[name])

    def _figures(self, name: str, scenario: Scenario) -> Iterator[Figures]:
        """The figures of one measurement, nothing if it fails."""
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
    """What a stage came to."""

    stage: Stage
    results: Results
    failed: list[str]

    def table(self) -> str:
        lines = [table(self.stage.title, self.results, compared=self.stage.compared)]
        lines += self.stage.notes(self.results)
        lines += [f"FAILED: {name} could not be measured" for name in self.failed]
        return "\n".join(lines)

    def targets(self) -> list[list[str]]:
        """The lines of those targets whose figures anybody has."""
        measured = {figure for column in self.results.values() for figure in column}
        return [target.row(self.results) for target in self.stage.targets if target.figure in measured]
