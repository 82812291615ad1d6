"""What /metrics tells of sockets and hub. docs/self-hosting.md says what each is for.

Every figure carries the worker's number. With several workers prometheus-client keeps them in files that all workers
share (`serve` sets PROMETHEUS_MULTIPROC_DIR), so whichever worker is asked tells of all.
"""

from typing import Any

from django.conf import settings
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

SECONDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)


def _own[M: MetricWrapperBase](kind: type[M], name: str, documentation: str, **options: Any) -> M:
    """This worker's part of a metric."""
    return kind(f"livefeed_{name}", documentation, ["worker"], **options).labels(settings.LIVEFEED_WORKER)


def _gauge(name: str, documentation: str) -> Gauge:
    return _own(Gauge, name, documentation, multiprocess_mode="livesum")


_sockets = Gauge("livefeed_sockets", "Open sockets and polls.", ["worker", "kind"], multiprocess_mode="livesum")
sockets = {kind: _sockets.labels(settings.LIVEFEED_WORKER, kind) for kind in ("browser", "program", "poll")}
opened = _own(Counter, "sockets_opened", "Sockets and polls that were let in.")
refused = _own(Counter, "sockets_refused", "Sockets and polls that were refused.")
deliveries = _own(Counter, "deliveries", "Frames told to readers, one for each frame and reader.")
writes = _own(Counter, "writes", "Messages written to readers; frames due at the same time are joined.")
delay = _own(Histogram, "delivery_delay_seconds", "From the saving of an event to its last socket.", buckets=SECONDS)
catch_ups = _own(Counter, "catch_ups", "Readers who came back and were told what they had missed.")
resets = _own(Counter, "resets", "Readers who came back and had to read anew.")
rings_lost = _own(Counter, "rings_lost", "Reads that found events nobody had rung for: found by the tick.")
slow_readers = _gauge("slow_readers", "Readers who do not take what is sent, now.")
slow_readers_closed = _own(Counter, "slow_readers_closed", "Readers who were closed for it.")
renders = _own(Counter, "renders", "Posts rendered for the live feed.")
poisoned = _own(Counter, "poisoned", "Posts that could not be rendered and were passed.")
requests_running = _gauge("requests_running", "Requests that are being answered or wait for a thread.")
failures = _own(Counter, "hub_failures", "Times the hub failed and went on.")
queries = _own(Counter, "hub_queries", "Database queries of sockets and hub.")
slices = _own(
    Histogram, "hub_slice_seconds", "How long the hub kept the event loop before it let others run.", buckets=SECONDS
)
