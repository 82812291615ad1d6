"""List of the receivers that are connected now, by any app."""

import inspect
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.dispatch import Signal

SIGNAL_MODULES = {
    "livefeed.signals": "after the commit",
    "django.db.models.signals": "in the transaction",
    "django.contrib.auth.signals": "when it is sent",
    "allauth.account.signals": "when it is sent",
    "allauth.mfa.signals": "when it is sent",
    "django.core.signals": "when it is sent",
}
"""Modules whose signals are listed, and when the receivers of each run."""


@dataclass(frozen=True)
class ConnectedReceiver:
    """Connection of a receiver to a signal. `place` is the receiver's file and line; in the project, from its root."""

    signal: str
    sender: str
    receiver: str
    place: str
    is_async: bool
    when: str

    @property
    def name(self) -> str:
        """Name of the receiver without its module."""
        return self.receiver.rpartition(".")[2]


def connected_receivers() -> Iterator[ConnectedReceiver]:
    """Yields every connected receiver, for each signal in the order of connection.

    A signal that several modules import is listed once.
    """
    seen: set[int] = set()
    for module, when in SIGNAL_MODULES.items():
        for name, signal in vars(import_module(module)).items():
            if isinstance(signal, Signal) and id(signal) not in seen:
                seen.add(id(signal))
                yield from _receivers_of(signal, name, when)


@cache
def signal_names() -> dict[Signal, str]:
    """Returns the names of the signals in SIGNAL_MODULES."""
    modules = [vars(import_module(module)) for module in SIGNAL_MODULES]
    return {value: name for names in modules for name, value in names.items() if isinstance(value, Signal)}


def own_signals() -> list[str]:
    """Returns the names of Livefeed's own signals, with or without receivers."""
    return [name for name, value in vars(import_module("livefeed.signals")).items() if isinstance(value, Signal)]


def _receivers_of(signal: Signal, name: str, when: str) -> Iterator[ConnectedReceiver]:
    for _, reference, sender_reference, is_async in signal.receivers:
        receiver = reference() if isinstance(reference, weakref.ReferenceType) else reference
        if receiver is not None:
            full_name = f"{receiver.__module__}.{receiver.__qualname__}"
            yield ConnectedReceiver(name, _sender(sender_reference), full_name, _place(receiver), is_async, when)


def _sender(reference: Any) -> str:
    sender = reference() if reference is not None else None
    return "any" if sender is None else getattr(sender, "__name__", repr(sender))


def _place(receiver: Any) -> str:
    """Returns the file and line of the receiver's `def`."""
    function = inspect.unwrap(receiver)
    file = Path(inspect.getsourcefile(function) or "?")
    lines, first = inspect.getsourcelines(function)
    line = first + next((offset for offset, text in enumerate(lines) if "def " in text), 0)  # below the decorators
    is_in_project = file.is_relative_to(settings.BASE_DIR) and ".venv" not in file.parts
    return f"{file.relative_to(settings.BASE_DIR) if is_in_project else file.name}:{line}"
