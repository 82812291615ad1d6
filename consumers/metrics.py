"""Figures of connections and the hub on /metrics. docs/self-hosting.md says what each is for.

Every figure has the label `worker`. With several workers prometheus-client keeps them in files that all workers share
(`serve` sets PROMETHEUS_MULTIPROC_DIR), so each worker reports the figures of all.
"""

from typing import Any

from django.conf import settings
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

SECONDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)
"""Upper bounds of the histograms' buckets."""


def _of_worker[M: MetricWrapperBase](kind: type[M], name: str, documentation: str, **kwargs: Any) -> M:
    """Returns a metric with the label of this worker."""
    return kind(f"livefeed_{name}", documentation, ["worker"], **kwargs).labels(settings.LIVEFEED_WORKER)


def _gauge(name: str, documentation: str) -> Gauge:
    return _of_worker(Gauge, name, documentation, multiprocess_mode="livesum")


_sockets = Gauge("livefeed_sockets", "Open sockets and polls.", ["worker", "kind"], multiprocess_mode="livesum")
sockets = {kind: _sockets.labels(settings.LIVEFEED_WORKER, kind) for kind in ("browser", "program", "poll")}
opened = _of_worker(Counter, "sockets_opened", "Sockets and polls admitted.")
refused = _of_worker(Counter, "sockets_refused", "Sockets and polls refused.")
deliveries = _of_worker(Counter, "deliveries", "Frames delivered, counted once for each frame and connection.")
writes = _of_worker(Counter, "writes", "Messages written; frames that are due at the same time are joined.")
delay = _of_worker(
    Histogram, "delivery_delay_seconds", "Time from saving an event to writing it to the last socket.", buckets=SECONDS
)
catch_ups = _of_worker(Counter, "catch_ups", "Reconnections that were sent the events they had missed.")
resets = _of_worker(Counter, "resets", "Reconnections that had to fetch the whole page again.")
rings_lost = _of_worker(Counter, "rings_lost", "Periodic reads of the log that found events without a notification.")
slow_readers = _gauge("slow_readers", "Connections that currently do not read what is sent.")
slow_readers_closed = _of_worker(Counter, "slow_readers_closed", "Connections closed for not reading.")
renders = _of_worker(Counter, "renders", "Posts rendered for the live feed.")
poisoned = _of_worker(Counter, "poisoned", "Posts skipped because rendering them failed.")
requests_running = _gauge("requests_running", "Requests in progress or waiting for a thread.")
failures = _of_worker(Counter, "hub_failures", "Failures after which the hub continued.")
queries = _of_worker(Counter, "hub_queries", "Database queries of sockets and the hub.")
slices = _of_worker(
    Histogram, "hub_slice_seconds", "Time for which the hub held the event loop before yielding.", buckets=SECONDS
)
