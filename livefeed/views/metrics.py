"""Figures for Prometheus."""

import ipaddress
import os
from collections.abc import Iterator
from secrets import compare_digest

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django_tasks_db.models import DBTaskResult
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from livefeed.views.resource import viewer_of


def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of this process, or of all workers where there are several. They are told to this machine, to staff,
    and to whoever brings LIVEFEED_METRICS_TOKEN as a bearer token."""
    if not (_is_from_here(request) or _has_token(request) or _is_staff(request)):
        raise PermissionDenied("These figures are for the operator.")
    return HttpResponse(generate_latest(_registry()) + _of_tasks(), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # shipped so
    return registry


def _of_tasks() -> bytes:
    """Those that wait and those that failed for good: one figure for all processes, out of the database."""
    registry = CollectorRegistry()
    registry.register(TaskCollector())
    return generate_latest(registry)


class TaskCollector(Collector):
    """Counts tasks when it is asked."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = GaugeMetricFamily("livefeed_tasks", "Tasks by state.", labels=["state"])
        counts = dict(DBTaskResult.objects.order_by().values_list("status").annotate(models.Count("pk")))
        for state in ("READY", "RUNNING", "FAILED"):
            found.add_metric([state.lower()], counts.get(state, 0))
        yield found


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a program on this machine asks, and not a proxy on it for somebody else."""
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    wanted: str = settings.LIVEFEED_METRICS_TOKEN
    told = request.headers.get("Authorization", "")
    return bool(wanted) and compare_digest(told.encode(), f"Bearer {wanted}".encode())


def _is_staff(request: HttpRequest) -> bool:
    viewer = viewer_of(request)
    return viewer is not None and viewer.is_staff
