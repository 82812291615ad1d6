"""Readiness report for /readyz. Other modules, such as the hub, add probes."""

import logging
from collections.abc import Callable

from django.db import connection

logger = logging.getLogger(__name__)

Probe = Callable[[], str | None]
"""Returns a description of the fault, or None."""

probes: dict[str, Probe] = {}
"""Registered probes, by the name of the part that they check."""
OPTIONAL_PARTS = {"layer"}
"""Parts whose failure is reported but leaves the process ready: without Redis events only arrive later, and a load
balancer that removed every process would take the whole site down."""


def report() -> tuple[bool, dict[str, str]]:
    """Returns True if this process can serve requests, and for each part "ok" or a description of its fault."""
    faults = {name: _run(probe) for name, probe in {"database": _check_database, **probes}.items()}
    is_ready = not any(fault for name, fault in faults.items() if name not in OPTIONAL_PARTS)
    return is_ready, {name: fault or "ok" for name, fault in faults.items()}


def _run(probe: Probe) -> str | None:
    try:
        return probe()
    except Exception as error:
        logger.warning("A readiness check failed.", exc_info=True)
        return f"failed: {type(error).__name__}"


def _check_database() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None
