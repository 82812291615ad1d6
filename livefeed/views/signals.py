"""Who hears which signal, for staff."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from livefeed.signals.metrics import CallStats, call_stats
from livefeed.signals.registry import connected_receivers, own_signals
from livefeed.views.resource import viewer_of


def overview(request: HttpRequest) -> HttpResponse:
    """Every receiver with how often it was called, and how long that took, since this process started."""
    viewer = viewer_of(request)
    if viewer is None or not viewer.is_staff:
        raise PermissionDenied("This page is for staff.")
    rows = [(each, call_stats.get(each.receiver, CallStats())) for each in connected_receivers()]
    heard = {each.signal for each, _ in rows}
    unheard = [name for name in own_signals() if name not in heard]
    return render(request, "staff/signals.html", {"rows": rows, "unheard": unheard})
