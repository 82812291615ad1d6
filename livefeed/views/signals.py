"""Signals and their receivers, for staff."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from livefeed.signals.metrics import CallStats, call_stats
from livefeed.signals.registry import connected_receivers, own_signals
from livefeed.views.resource import require_staff


def overview(request: HttpRequest) -> HttpResponse:
    """Every receiver with the number and duration of its calls since this process started."""
    require_staff(request)
    rows = [(connected, call_stats.get(connected.receiver, CallStats())) for connected in connected_receivers()]
    connected_signals = {connected.signal for connected, _ in rows}
    context = {
        "rows": rows,
        "signals_without_receivers": [name for name in own_signals() if name not in connected_signals],
    }
    return render(request, "staff/signals.html", context)
