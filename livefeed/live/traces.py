"""Traces of recent changes: the records of `tracing`, of all processes, joined for staff to read."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain, pairwise
from operator import attrgetter
from typing import Any

from livefeed.hooks import Hooks
from livefeed.live import tracing
from livefeed.live.declarations import PUBLIC, LiveModel, live_model_with
from livefeed.live.trace_records import Delivery, EventKey, Records, TracedCall, TracedChange, records_here

logger = logging.getLogger(__name__)

ROUND = ("read", "render", "dispatch", "write")
"""The stages of a round, between its moments."""
GROUPS = ("receiver", "save", "commit", "wake-up", *ROUND)
"""All kinds of stages."""

# --- The records of all processes, joined ---

finders: Hooks[[], list[Records]] = Hooks(logger, "The traces of this process could not be read.")
"""Each returns the records of all processes. Blocks: never call them on the event loop."""


@dataclass
class Stage:
    """One part of a trace: `start` and `ms` are milliseconds, from the start of the trace."""

    name: str
    start: float
    ms: float
    note: str = ""
    signal: str = ""
    receiver: str = ""
    """Full name of the receiver, if the stage is a call of one."""
    is_nested: bool = False
    left: float = 0.0
    """Position and width of its bar, in percent of the trace."""
    width: float = 0.0

    @property
    def group(self) -> str:
        """Kind of the stage: one of GROUPS."""
        return "receiver" if self.receiver else self.name


@dataclass
class TracedEvent:
    """An event of a trace; `position` is 0 until a hub has read it."""

    kind: str
    subject_id: int
    saved_at: float
    position: int = 0
    receiver: str = ""
    label: str = ""


@dataclass
class Trace:
    """A transaction, and what became of its events in each process. Without `change` if a process that cannot be asked
    wrote it, such as a command or the worker of tasks."""

    events: list[TracedEvent]
    change: TracedChange | None = None
    rounds: list[Delivery] = field(default_factory=list)
    """One delivery of each round."""

    @property
    def id(self) -> int:
        """Time of the first event, in microseconds since 1970."""
        return round(self.events[0].saved_at * 1_000_000)

    @cached_property
    def started(self) -> float:
        """Start of the first receiver or, if the writer is not known, of the first round."""
        if self.change is None:
            return self.rounds[0].moments[0]
        return min([self.change.events[0].written, *(call.started for call in self.change.calls)])

    @property
    def time(self) -> datetime:
        """Time of the first event."""
        return datetime.fromtimestamp(self.events[0].saved_at, UTC)

    @property
    def worker(self) -> str:
        """The process that wrote the events; empty if that is not known."""
        return self.change.worker if self.change else ""

    @cached_property
    def calls(self) -> list[TracedCall]:
        return sorted(self.change.calls, key=attrgetter("started")) if self.change else []

    @property
    def total_ms(self) -> float:
        """Milliseconds until the last socket was written or, if no hub has read the events, until the commit."""
        ends = [delivery.moments[-1] for delivery in self.rounds] or [self.change.committed if self.change else 0.0]
        return 1_000 * max(0.0, max(ends) - self.started)

    @property
    def sockets(self) -> int:
        return sum(delivery.sockets for delivery in self.rounds)

    @property
    def label(self) -> str:
        """Beginning of the text of the first event with one."""
        return next((event.label for event in self.events if event.label), "")

    @property
    def summary(self) -> list[tuple[str, float]]:
        """Milliseconds of each kind of stage: of all receivers together, of the others in the slowest process."""
        found: dict[str, list[float]] = {group: [] for group in GROUPS}
        for stage in self.stages:
            if not stage.is_nested:
                found[stage.group].append(stage.ms)
        receivers = found.pop("receiver")
        slowest = [(group, max(times)) for group, times in found.items() if times]
        return [("receivers", sum(receivers)), *slowest] if receivers else slowest

    @cached_property
    def stages(self) -> list[Stage]:
        stages = [*self._stages_of_change(), *self._stages_of_rounds()]
        total = self.total_ms or 1.0
        for stage in stages:
            stage.left = 100 * stage.start / total
            stage.width = max(0.4, 100 * stage.ms / total)
        return stages

    def _stages_of_change(self) -> list[Stage]:
        if self.change is None:
            return []
        stages = []
        outer = None
        for call in self.calls:
            if outer and call.ended <= outer.ended:
                stages.append(self._stage_of_call(call, is_nested=True))
                continue
            if outer and outer.signal == "pre_save" and call.signal == "post_save":
                stages.append(self._stage("save", outer.ended, call.started, "the row itself"))
            stages.append(self._stage_of_call(call))
            outer = call
        last = max([event.written for event in self.change.events] + [call.ended for call in self.calls])
        return [*stages, self._stage("commit", min(last, self.change.committed), self.change.committed)]

    def _stage_of_call(self, call: TracedCall, *, is_nested: bool = False) -> Stage:
        notes = [f"{count_of(call.queries, 'query', 'queries')}, {1_000 * call.query_seconds:.2f} ms"]
        if not call.queries:
            notes = []
        notes += [f"writes {event.kind}" for event in self.events if event.receiver == call.receiver]
        stage = self._stage(call.name, call.started, call.ended, "; ".join(notes))
        stage.signal = call.signal
        stage.receiver = call.receiver
        stage.is_nested = is_nested
        return stage

    def _stages_of_rounds(self) -> list[Stage]:
        stages = []
        for delivery in self.rounds:
            first = delivery.moments[0]
            if self.change:
                worker = f"process {delivery.worker}"
                stages.append(self._stage("wake-up", min(first, self.change.committed), first, worker))
            moments = zip(ROUND, pairwise(delivery.moments), strict=True)
            stages += [self._stage(name, start, end) for name, (start, end) in moments]
            stages[-1].note = _written(delivery)
        return stages

    def _stage(self, name: str, start: float, end: float, note: str = "") -> Stage:
        return Stage(name, 1_000 * (start - self.started), 1_000 * (end - start), note)


def _written(delivery: Delivery) -> str:
    notes = [count_of(delivery.sockets, "socket", "sockets")]
    if delivery.skipped:
        notes.append(f"{delivery.skipped} slow or joining, replayed to later")
    if delivery.slowest:
        slowest = delivery.slowest
        notes.append(f"slowest {1_000 * slowest.seconds:.2f} ms: {slowest.kind} with {slowest.view}")
    return "; ".join(notes)


def count_of(number: int, singular: str, plural: str) -> str:
    """Returns a number with its noun."""
    return f"{number:,} {singular if number == 1 else plural}"


def recent() -> list[Trace]:
    """Returns the traces of all processes that answer in time, the newest first, at most MAX_CHANGES."""
    records = _find_records()
    by_key: defaultdict[EventKey, list[Delivery]] = defaultdict(list)
    for delivery in (delivery for each in records for delivery in each.deliveries):
        by_key[delivery.key].append(delivery)
    found = [_trace_of(change, by_key) for each in records for change in each.changes]
    found += [_trace_of_others(deliveries) for deliveries in by_key.values()]  # those that are left
    newest = sorted(found, key=attrgetter("started"), reverse=True)[: tracing.MAX_CHANGES]
    _add_labels(event for trace in newest for event in trace.events)
    return newest


def _find_records() -> list[Records]:
    return list(chain.from_iterable(finders())) or [records_here()]


def _trace_of(change: TracedChange, by_key: dict[EventKey, list[Delivery]]) -> Trace:
    """Returns the trace of a change, and removes its deliveries from `by_key`."""
    trace = Trace([], change)
    deliveries: list[Delivery] = []
    for kind, subject_id, saved_at, written in change.events:
        found = by_key.pop((kind, subject_id, saved_at), [])
        deliveries += found
        callers = [call for call in change.calls if call.contains(written)]
        caller = min(callers, key=attrgetter("seconds"), default=None)  # the innermost
        event = TracedEvent(kind, subject_id, saved_at, receiver=caller.receiver if caller else "")
        if found:
            event.position = found[0].position
        trace.events.append(event)
    trace.rounds = _one_of_each_round(deliveries)
    return trace


def _trace_of_others(deliveries: list[Delivery]) -> Trace:
    first = deliveries[0]
    event = TracedEvent(first.kind, first.subject_id, first.saved_at, first.position)
    return Trace([event], rounds=_one_of_each_round(deliveries))


def _one_of_each_round(deliveries: Iterable[Delivery]) -> list[Delivery]:
    by_round = {(delivery.worker, delivery.moments[0]): delivery for delivery in deliveries}
    return sorted(by_round.values(), key=lambda delivery: delivery.moments[0])


def _add_labels(events: Iterable[TracedEvent]) -> None:
    """Adds the beginning of the text of each row that everyone may see. The records themselves hold no text."""
    by_model: defaultdict[LiveModel[Any], list[TracedEvent]] = defaultdict(list)
    for event in events:
        if live_model := live_model_with(event.kind):
            event.label = f"{live_model.name} {event.subject_id}"
            by_model[live_model].append(event)
    for live_model, found in by_model.items():
        rows = live_model.visible_to(None).in_bulk({event.subject_id for event in found})
        for event in found:
            row = rows.get(event.subject_id)
            if row is not None and live_model.audience(row) == PUBLIC:
                event.label = f"{event.label}: {row}"


def matching(traces: Iterable[Trace], text: str) -> list[Trace]:
    """Returns the traces with an event whose text, id or kind contains a text, in any case."""
    wanted = text.casefold()
    return [
        trace
        for trace in traces
        if any(wanted in f"{event.label} {event.kind} {event.position}".casefold() for event in trace.events)
    ]
