"""`manage.py signals`: who hears which signal."""

from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from livefeed.signals.registry import ConnectedReceiver, connected_receivers, own_signals

THEIR_OWN = ("django.", "allauth.", "channels.", "asgiref.", "django_tasks_db.")
"""What these packages hear is their own affair."""


class Command(BaseCommand):
    """Prints every signal with its receivers."""

    help = "Prints every signal with its receivers: where each is written, sync or async, and when it runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="with what Django and other packages connect themselves")

    def handle(self, *, all: bool, **options: Any) -> None:
        shown = [each for each in connected_receivers() if all or not each.receiver.startswith(THEIR_OWN)]
        widths = [max(len(getattr(each, part)) for each in shown) for part in ("sender", "receiver")]
        for (signal, when), some in groupby(shown, lambda each: (each.signal, each.when)):
            self.stdout.write(f"{signal} ({when})")
            for each in some:
                self.stdout.write(_line(each, *widths))
        unheard = [name for name in own_signals() if name not in {each.signal for each in shown}]
        if unheard:
            self.stdout.write(f"heard by nobody here: {', '.join(unheard)}")


def _line(hearing: ConnectedReceiver, for_sender: int, for_receiver: int) -> str:
    kind = "async" if hearing.is_async else "sync"
    return f"    {hearing.sender:<{for_sender}} {hearing.receiver:<{for_receiver}} {kind:<6} {hearing.place}"
