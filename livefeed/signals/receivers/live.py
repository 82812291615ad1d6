"""Receivers that publish the changes of live models which have no receivers of their own."""

from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_save

from livefeed.live.declarations import LiveModel, live_models
from livefeed.signals.metrics import measured

ROW_BEFORE = "_row_before"
"""Name of the attribute that keeps the stored row while an instance is saved."""


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
        if not self._live_model.has_fixed_readers:
            before = measured(self.read_before)
            pre_save.connect(before, sender=model, weak=False, dispatch_uid=f"live.{name}.before")
        post_save.connect(measured(self.publish_save), sender=model, weak=False, dispatch_uid=f"live.{name}.save")
        if self._live_model.publishes_deletions:
            delete = measured(self.publish_delete)
            post_delete.connect(delete, sender=model, weak=False, dispatch_uid=f"live.{name}.delete")

    def read_before(self, instance: Model, raw: bool = False, using: str | None = None, **kwargs: Any) -> None:
        """Reads the row as it is stored: pages that show it until now must know of the change, too."""
        if raw or instance.pk is None:
            return
        rows: QuerySet[Model] = QuerySet(self._live_model.model, using=using).filter(pk=instance.pk)
        if connections[rows.db].in_atomic_block:  # a concurrent save must not change it meanwhile
            rows = rows.select_for_update(of=("self",), no_key=True)
        setattr(instance, ROW_BEFORE, rows.first())

    def publish_save(self, instance: Model, created: bool, raw: bool = False, **kwargs: Any) -> None:
        before = instance.__dict__.pop(ROW_BEFORE, None)
        if raw:
            return
        if created or self._live_model.has_fixed_readers:
            self._live_model.publish(self._live_model.created if created else self._live_model.updated, instance)
        else:
            self._live_model.publish_change(before, instance)

    def publish_delete(self, instance: Model, **kwargs: Any) -> None:
        self._live_model.publish(self._live_model.deleted, instance)
