"""Cause of a deletion: a row deleted on its own, or as part of a larger deletion."""

from typing import Any

from django.db.models import Model


def is_part_of(origin: Any, model: type[Model]) -> bool:
    """True if the deletion started with rows of `model`.

    `origin` is the argument of Django's deletion signals: the instance or queryset that was deleted, or None.
    """
    return getattr(origin, "model", type(origin)) is model
