"""Who hears which signal: receivers as they are connected now, whichever app connected them."""

import inspect
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.dispatch import Signal

WHEN = {
    "livefeed.signals": "after the commit",
    "django.db.models.signals": "in the transaction",
    "django.contrib.auth.signals": "when it is sent",
    "allauth.account.signals": "when it is sent",
    "django.core.signals": "when it is sent",
}
"""The modules whose signals are known, and when their receivers run."""


@dataclass(frozen=True)
class ConnectedReceiver:
    """That a receiver hears a signal. `place` is its file and line, from the project's root where it is ours."""

    signal: str
    sender: str
    receiver: str
    place: str
    is_async: bool
    when: str

    @property
    def name(self) -> str:
        """The receiver's own, without its module's."""
        return self.receiver.rpartition(".")[2]


def connected_receivers() -> Iterator[ConnectedReceiver]:
    """Every one, in the order in which receivers were connected to their signals. Some modules have others' signals,
    too."""
    known: list[Signal] = []
    for module, when in WHEN.items():
        for name, signal in vars(import_module(module)).items():
            if isinstance(signal, Signal) and not any(signal is each for each in known):
                known.append(signal)
                yield from _hearings_of(signal, name, when)


def own_signals() -> list[str]:
    """The names of our own signals, heard or not."""
    return [name for name, value in vars(import_module("livefeed.signals")).items() if isinstance(value, Signal)]


def _hearings_of(signal: Signal, name: str, when: str) -> Iterator[ConnectedReceiver]:
    for _, reference, sender_reference, is_async in signal.receivers:
        receiver = reference() if isinstance(reference, weakref.ReferenceType) else reference
        if receiver is not None:
            named = f"{receiver.__module__}.{receiver.__qualname__}"
            yield ConnectedReceiver(name, _sender(sender_reference), named, _place(receiver), is_async, when)


def _sender(reference: Any) -> str:
    sender = reference() if reference is not None else None
    return "anybody" if sender is None else getattr(sender, "__name__", repr(sender))


def _place(receiver: Any) -> str:
    """Where the receiver is written."""
    function = inspect.unwrap(receiver)
    file, (lines, first) = Path(inspect.getsourcefile(function) or "?"), inspect.getsourcelines(function)
    line = first + next((below for below, text in enumerate(lines) if "def " in text), 0)  # decorators stand above
    is_ours = file.is_relative_to(settings.BASE_DIR) and ".venv" not in file.parts
    return f"{file.relative_to(settings.BASE_DIR) if is_ours else file.name}:{line}"
