"""Receivers that publish the changes of live models which have no receivers of their own."""

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from livefeed.live.declarations import LiveModel, live_models
from livefeed.signals.metrics import measured


def connect() -> None:
    for live_model in live_models():
        if not live_model.has_own_receivers:
            Publisher(live_model).connect()


class Publisher:
    """The receivers of one live model."""

    def __init__(self, live_model: LiveModel[Any]) -> None:
        self._live_model = live_model

    def connect(self) -> None:
        """Connects the receivers. They are kept alive by `weak=False`."""
        name, model = self._live_model.name, self._live_model.model
        post_save.connect(measured(self.publish_save), sender=model, weak=False, dispatch_uid=f"live.{name}.save")
        if self._live_model.publishes_deletions:
            delete = measured(self.publish_delete)
            post_delete.connect(delete, sender=model, weak=False, dispatch_uid=f"live.{name}.delete")

    def publish_save(self, instance: Model, created: bool, raw: bool = False, **kwargs: Any) -> None:
        if not raw:
            self._live_model.publish(self._live_model.created if created else self._live_model.updated, instance)

    def publish_delete(self, instance: Model, **kwargs: Any) -> None:
        self._live_model.publish(self._live_model.deleted, instance)
