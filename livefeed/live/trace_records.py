"""The records of `tracing` in one process, in a form that the channel layer can carry to another one."""

import time
from typing import Any, NamedTuple, Self

from django.conf import settings

from livefeed.live import tracing
from livefeed.live.entries import LogEntry
from livefeed.live.tracing import Change, Round, SlowestWrite, WrittenEvent
from livefeed.signals.registry import signal_names

EventKey = tuple[str, int, float]
"""Kind, subject and time of an event: both sides know them."""


class TracedCall(NamedTuple):
    """Call of a receiver; `started` is in seconds since 1970."""

    receiver: str
    signal: str
    started: float
    seconds: float
    queries: int
    query_seconds: float

    @property
    def name(self) -> str:
        """Name of the receiver without its module."""
        return self.receiver.rpartition(".")[2]

    @property
    def ended(self) -> float:
        return self.started + self.seconds

    def contains(self, moment: float) -> bool:
        return self.started <= moment <= self.ended


class TracedChange(NamedTuple):
    """One transaction with events, and the process that committed it. Times are in seconds since 1970."""

    worker: str
    calls: list[TracedCall]
    events: list[WrittenEvent]
    committed: float


class Delivery(NamedTuple):
    """One event in a round of one process. Times are in seconds since 1970."""

    worker: str
    position: int
    kind: str
    subject_id: int
    saved_at: float
    moments: list[float]
    sockets: int
    skipped: int
    slowest: SlowestWrite | None

    @property
    def key(self) -> EventKey:
        return self.kind, self.subject_id, self.saved_at


class Records(NamedTuple):
    """The records of one process."""

    changes: list[TracedChange]
    deliveries: list[Delivery]

    def as_message(self) -> list[Any]:
        """Returns the records in a form that the channel layer can carry."""
        return list(self)

    @classmethod
    def from_message(cls, message: list[Any]) -> Self:
        changes, deliveries = message
        return cls([_change_from(*change) for change in changes], [_delivery_from(*each) for each in deliveries])


def _change_from(worker: str, calls: list[Any], events: list[Any], committed: float) -> TracedChange:
    return TracedChange(worker, [TracedCall(*call) for call in calls], [WrittenEvent(*e) for e in events], committed)


def _delivery_from(*columns: Any) -> Delivery:
    delivery = Delivery(*columns)
    return delivery._replace(slowest=delivery.slowest and SlowestWrite(*delivery.slowest))


# --- The records of this process ---


def records_here() -> Records:
    """Returns the records of this process."""
    offset = time.time() - time.perf_counter()
    return Records(
        [_traced(change, offset) for change in tuple(tracing.changes)],
        [_delivery(entry, completed, offset) for entry, completed in tuple(tracing.deliveries)],
    )


def _traced(change: Change, offset: float) -> TracedChange:
    names = signal_names()
    calls = [
        TracedCall(
            receiver=call.receiver,
            signal=names.get(call.signal, "") if call.signal else "",
            started=call.started + offset,
            seconds=call.seconds,
            queries=call.queries,
            query_seconds=call.query_seconds,
        )
        for call in change.calls
    ]
    events = [event._replace(written=event.written + offset) for event in change.events]
    return TracedChange(settings.LIVEFEED_WORKER, calls, events, change.committed + offset)


def _delivery(entry: LogEntry, completed: Round, offset: float) -> Delivery:
    return Delivery(
        worker=settings.LIVEFEED_WORKER,
        position=entry.position,
        kind=entry.kind,
        subject_id=entry.subject_id,
        saved_at=entry.saved_at,
        moments=[moment + offset for moment in completed.moments],
        sockets=completed.sockets,
        skipped=completed.skipped,
        slowest=completed.slowest,
    )
