"""Every receiver is necessary: without it a user or another app would miss something, and its probe fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from django.core import mail
from django.core.cache import caches
from django.db import transaction
from django.db.models.signals import ModelSignal
from django.dispatch import Signal

from livefeed.signals import receivers
from tests.signals.probes import PROBES


class Connection(NamedTuple):
    """Arguments of a call of `Signal.connect` in `receivers.connect()`."""

    signal: Signal
    receiver: Any
    sender: Any
    dispatch_uid: str


def find_connections() -> list[Connection]:
    found: list[Connection] = []

    def record(signal: Signal, receiver: Any, sender: Any = None, *, dispatch_uid: str, **kwargs: Any) -> None:
        found.append(Connection(signal, receiver, sender, dispatch_uid))

    with patch.object(ModelSignal, "connect", record), patch.object(Signal, "connect", record):
        receivers.connect()
    return found


CONNECTIONS = find_connections()


@contextmanager
def disconnected(connection: Connection) -> Iterator[None]:
    signal, receiver, sender, dispatch_uid = connection
    assert signal.disconnect(sender=sender, dispatch_uid=dispatch_uid)
    try:
        yield
    finally:
        signal.connect(receiver, sender=sender, dispatch_uid=dispatch_uid)


@contextmanager
def undone() -> Iterator[None]:
    """Undoes every effect of the block, so that a probe can run twice in a test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    caches["fragments"].clear()
    mail.outbox.clear()


def test_every_receiver_has_a_unique_dispatch_uid_and_a_probe():
    dispatch_uids = [connection.dispatch_uid for connection in CONNECTIONS]
    assert len(set(dispatch_uids)) == len(dispatch_uids)
    assert set(dispatch_uids) == set(PROBES)


@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda connection: connection.dispatch_uid)
def test_a_probe_fails_without_its_receiver_and_passes_with_it(cast, connection):
    probe = PROBES[connection.dispatch_uid]
    with undone(), disconnected(connection), pytest.raises(AssertionError):
        probe(deepcopy(cast))
    probe(cast)
