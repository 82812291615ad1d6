"""What waits for the commit."""

from collections.abc import Callable

from django.db import transaction


def on_commit_once(hook: Callable[[], None]) -> None:
    """Calls `hook` when this transaction is committed, once however often it is asked for; what equals it is it. A hook
    that fails is logged and harms nobody. No rollback to a savepoint can take it away but that of whoever asked."""
    current = transaction.get_connection()
    here = set(current.savepoint_ids)
    if not any(due == hook and savepoints <= here for savepoints, due, _ in current.run_on_commit):
        transaction.on_commit(hook, robust=True)
