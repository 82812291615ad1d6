"""Deduplicated on-commit hooks."""

from collections.abc import Callable

from django.db import transaction


def on_commit_once(hook: Callable[[], None]) -> None:
    """Calls `hook` after the commit of the current transaction, once, however often it is registered; hooks are
    compared with `==`. An exception of the hook is logged and does not affect the caller.

    A rollback to a savepoint discards the hook only if every registration of it happened after that savepoint.
    """
    current = transaction.get_connection()
    active_savepoints = set(current.savepoint_ids)
    for savepoints, registered, _ in current.run_on_commit:
        if registered == hook and savepoints <= active_savepoints:
            return
    transaction.on_commit(hook, robust=True)
