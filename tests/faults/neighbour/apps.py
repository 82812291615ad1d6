"""App configuration of the misbehaving app."""

from django.apps import AppConfig


class NeighbourConfig(AppConfig):
    """Connects its receivers after livefeed's."""

    name = "tests.faults.neighbour"

    def ready(self) -> None:
        from tests.faults.neighbour import misbehaviour

        misbehaviour.connect()
