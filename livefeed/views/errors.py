"""What is said when something cannot be done. htmx gets one sentence into the page's notices, so that nothing that
somebody was typing is replaced by an error page."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from livefeed.accounts import rate_limits
from livefeed.forms.post import PostForm

TO_THE_NOTICES = {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}


class PlainErrors:
    """Answers what views refuse in our own words, with DEBUG too: there Django's page for developers would be swapped
    into the reader's page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Http404):
            return not_found(request, exception)
        return forbidden(request, exception) if isinstance(exception, PermissionDenied) else None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _say(request, 400, "That was more than can be sent at once, or not what this page expects.")


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed on our side. The page for it needs nothing that could fail again."""
    if getattr(request, "htmx", False):
        return _say(
            request, 500, "Something went wrong on our side. What you typed is still here; try again in a moment."
        )
    return HttpResponse(render_to_string("500.html"), status=500)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    return _say(request, 404, said or "There is no such page.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _say(request, 403, str(exception) or "You cannot do that.")


def refused(request: HttpRequest, sentence: str) -> HttpResponse:
    """What was sent cannot be taken, and `message` says why."""
    return _say(request, 422, sentence)


def too_many(request: HttpRequest) -> HttpResponse:
    """What was tried too often by what this address is for; says when to try again."""
    action = request.resolver_match.url_name or "" if request.resolver_match else ""
    seconds = rate_limits.retry_after(request, action.removeprefix("account_"))
    response = _say(request, 429, rate_limits.message(seconds))
    response["Retry-After"] = seconds
    return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was older than the sign-in. What was typed into it comes back with a fresh token."""
    said = "This page was out of date, so nothing was saved. Send it again: it is all still here."
    if "body" not in request.POST or "version" in request.POST:
        return _say(request, 403, "This page was out of date, so nothing was changed. Reload it and try again.")
    form = PostForm(request.POST)
    form.add_error(None, said)
    template = "posts/_composer.html" if getattr(request, "htmx", False) else "posts/compose.html"
    return render(request, template, {"form": form}, status=403)


def _say(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        notice = render_to_string("_notice.html", {"sentence": sentence})
        return HttpResponse(notice, status=status, headers=TO_THE_NOTICES)
    template = "400.html" if status == 422 else f"{status}.html"
    return render(request, template, {"sentence": sentence}, status=status)
