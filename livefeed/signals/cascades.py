"""Of what a deletion is a part."""

from typing import Any

from django.db.models import Model


def is_part_of(origin: Any, model: type[Model]) -> bool:
    """Whether somebody asked for rows of `model` to be deleted; `origin` is what Django says was asked for: a row, a
    query, or nothing that is known."""
    return getattr(origin, "model", type(origin)) is model
