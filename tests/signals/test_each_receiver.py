"""Each receiver is needed: without it something is missing that somebody would miss."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from django.db.models.signals import ModelSignal
from django.dispatch import Signal

from livefeed.signals import receivers
from tests.factories import Cast, make_cast
from tests.signals.probes import PROBES

pytestmark = pytest.mark.django_db(transaction=True)


class Connected(NamedTuple):
    """A receiver as `receivers.connect()` connects it."""

    signal: Signal
    receiver: Any
    sender: Any
    name: str


def connections() -> list[Connected]:
    found: list[Connected] = []

    def note(signal: Signal, receiver: Any, sender: Any = None, *, dispatch_uid: str, **how: Any) -> None:
        found.append(Connected(signal, receiver, sender, dispatch_uid))

    with patch.object(ModelSignal, "connect", note), patch.object(Signal, "connect", note):
        receivers.connect()
    return found


CONNECTED = connections()


@contextmanager
def without(connected: Connected) -> Iterator[None]:
    signal, receiver, sender, name = connected
    assert signal.disconnect(sender=sender, dispatch_uid=name)
    try:
        yield
    finally:
        signal.connect(receiver, sender=sender, dispatch_uid=name)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_each_has_a_name_of_its_own_and_a_probe():
    names = [connected.name for connected in CONNECTED]
    assert len(set(names)) == len(names)
    assert set(names) == set(PROBES)


@pytest.mark.parametrize("connected", CONNECTED, ids=lambda connected: connected.name)
def test_with_it_its_probe_passes(cast, connected):
    PROBES[connected.name](cast)


@pytest.mark.parametrize("connected", CONNECTED, ids=lambda connected: connected.name)
def test_without_it_its_probe_fails(cast, connected):
    with without(connected), pytest.raises(AssertionError):
        PROBES[connected.name](cast)
