"""Enforcement of the rate limits."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import Counter

from livefeed.accounts.current_actor import client_address
from livefeed.limits import counters
from livefeed.limits.networks import network_of
from livefeed.limits.responses import refuse
from livefeed.limits.table import Limit, Rate, action_of, limits
from livefeed.models import User
from livefeed.views.resource import Request, method_of, viewer_of

_refusals = Counter("livefeed_rate_limited", "Requests beyond a rate limit, by action.", ["worker", "action"])


class RateLimitMiddleware:
    """Answers requests beyond a limit with 429, before their view is called and after the CSRF check."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Request, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Called once the URL is resolved; a response takes the place of the view's."""
        url_name = request.resolver_match.view_name if request.resolver_match else ""
        action = action_of(method_of(request), url_name)
        limit = limits(settings.LIVEFEED_RATE_LIMITS).get(action) if action else None
        if action is None or limit is None:
            return None
        for subject, rate, reason in _counted(request, limit):
            if wait := counters.count(f"{action} {subject}", rate):
                _refusals.labels(settings.LIVEFEED_WORKER, action).inc()
                return refuse(request, reason, ceil(wait))
        return None


def is_established(user: User) -> bool:
    """True if an account is activated and older than LIVEFEED_ESTABLISHED_DAYS."""
    age = timezone.now() - user.date_joined
    return user.is_activated and age >= timedelta(days=settings.LIVEFEED_ESTABLISHED_DAYS)


def _counted(request: HttpRequest, limit: Limit) -> Iterator[tuple[str, Rate, str]]:
    """Yields what a request counts for, in this order: subject, limit, and the reason of a refusal. An address counts
    only if its user may go on, so that one user cannot use up what an address allows to all."""
    address = network_of(client_address(request))
    if user := viewer_of(request):
        rate = limit.established if is_established(user) else limit.new
        yield f"user {user.pk}", rate, f"You are {limit.doing} too fast."
        yield f"address {address}", limit.address, "Too many requests come from your network."
    else:
        yield f"visitors {address}", limit.visitors, "Too many requests come from your network."
