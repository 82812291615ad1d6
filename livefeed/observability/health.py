"""What /readyz asks. Who runs something worth asking about (the hub) adds a probe of its own."""

import logging
from collections.abc import Callable

from django.db import connection

logger = logging.getLogger(__name__)

Probe = Callable[[], str | None]
"""Says what is wrong, or None."""

probes: dict[str, Probe] = {}


DISPENSABLE = {"layer"}
"""Parts without which everything still works, only later: their failure is told, but a process that sheds its readers
because Redis is away would take the whole site down with it."""


def report() -> tuple[bool, dict[str, str]]:
    """Whether this process can serve, and the state of each part: "ok" or what is wrong with it."""
    wrong = {name: _said_by(probe) for name, probe in {"database": _database, **probes}.items()}
    ready = not any(said for name, said in wrong.items() if name not in DISPENSABLE)
    return ready, {name: said or "ok" for name, said in wrong.items()}


def _said_by(probe: Probe) -> str | None:
    try:
        return probe()
    except Exception as error:
        logger.warning("A readiness check failed.", exc_info=True)
        return f"failed: {type(error).__name__}"


def _database() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None
