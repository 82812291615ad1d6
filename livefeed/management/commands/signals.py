"""`manage.py signals`: the receivers of every signal."""

from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from livefeed.signals.registry import ConnectedReceiver, connected_receivers, own_signals

THIRD_PARTY = ("django.", "allauth.", "channels.", "asgiref.", "django_tasks_db.")
"""Packages whose receivers are printed only with --all."""


class Command(BaseCommand):
    """Prints every signal with its receivers."""

    help = "Prints every signal with its receivers: where each is written, sync or async, and when it runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="include the receivers of Django and other packages")

    def handle(self, *, all: bool, **options: Any) -> None:
        shown = [each for each in connected_receivers() if all or not each.receiver.startswith(THIRD_PARTY)]
        widths = [max(len(getattr(each, part)) for each in shown) for part in ("sender", "receiver")]
        for (signal, when), receivers in groupby(shown, lambda each: (each.signal, each.when)):
            self.stdout.write(f"{signal} ({when})")
            for receiver in receivers:
                self.stdout.write(_line(receiver, *widths))
        connected = {each.signal for each in shown}
        unconnected = [name for name in own_signals() if name not in connected]
        if unconnected:
            self.stdout.write(f"without receivers: {', '.join(unconnected)}")


def _line(connected: ConnectedReceiver, sender_width: int, receiver_width: int) -> str:
    kind = "async" if connected.is_async else "sync"
    sender = f"{connected.sender:<{sender_width}}"
    receiver = f"{connected.receiver:<{receiver_width}}"
    return f"    {sender} {receiver} {kind:<6} {connected.place}"
