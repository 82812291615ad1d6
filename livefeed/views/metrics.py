"""Metrics for Prometheus."""

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

PROXY_HEADERS = ("X-Forwarded-", "X-Real-", "Forwarded", "Via")
"""Beginnings of the names of headers that proxies add."""


def metrics(request: HttpRequest) -> HttpResponse:
    """Returns the metrics of this process, or of all workers where there are several. Allowed for staff, with
    LIVEFEED_METRICS_TOKEN as a bearer token, and without a proxy from this machine."""
    if not (_is_local(request) or _has_token(request) or _is_staff(request)):
        raise PermissionDenied("These metrics are for the operator.")
    return HttpResponse(generate_latest(_registry()) + _task_metrics(), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # shipped so
    return registry


def _task_metrics() -> bytes:
    """Returns the metrics of tasks. They are read from the database and so hold for all processes."""
    registry = CollectorRegistry()
    registry.register(TaskCollector())
    return generate_latest(registry)


class TaskCollector(Collector):
    """Counts tasks by state, at each scrape."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gauge = GaugeMetricFamily("livefeed_tasks", "Tasks by state.", labels=["state"])
        counts = dict(DBTaskResult.objects.order_by().values_list("status").annotate(models.Count("pk")))
        for state in ("READY", "RUNNING", "FAILED"):
            gauge.add_metric([state.lower()], counts.get(state, 0))
        yield gauge


def _is_local(request: HttpRequest) -> bool:
    """True if a program on this machine asks, and not a proxy on it for another client.

    Behind a trusted proxy no request counts as local: the proxy is on this machine too and need not say for whom it
    asks.
    """
    if settings.LIVEFEED_TRUSTED_PROXIES or any(name.startswith(PROXY_HEADERS) for name in request.headers):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    token: str = settings.LIVEFEED_METRICS_TOKEN
    authorization = request.headers.get("Authorization", "")
    return bool(token) and compare_digest(authorization.encode(), f"Bearer {token}".encode())


def _is_staff(request: HttpRequest) -> bool:
    viewer = viewer_of(request)
    return viewer is not None and viewer.is_staff
