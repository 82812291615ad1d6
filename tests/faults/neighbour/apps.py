"""The neighbour's app."""

from django.apps import AppConfig


class NeighbourConfig(AppConfig):
    """Moves in after livefeed."""

    name = "tests.faults.neighbour"

    def ready(self) -> None:
        from tests.faults.neighbour import misbehaviour

        misbehaviour.connect()
