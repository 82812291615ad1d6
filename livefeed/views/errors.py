"""Error pages. An htmx request gets one sentence for the page's notices instead, so that an error page never replaces
a form that is being filled in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from livefeed.accounts import rate_limits
from livefeed.forms.attachments import Attachments
from livefeed.forms.post import PostForm
from livefeed.origins import is_from_own_page
from livefeed.views.resource import viewer_of

TOO_MANY_REQUESTS = 429
NOTICE_HEADERS = {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
OUT_OF_DATE = "This page was out of date, so nothing was changed. Try again."
FOREIGN_REQUEST = "This did not come from a page of this site, so nothing was changed. Open it here and try again."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(request, 400, "The request is too large, or not what this page expects.")


def broken(request: HttpRequest) -> HttpResponse:
    """Handles an unexpected exception. The page's template uses no context, so it cannot fail in turn."""
    if getattr(request, "htmx", False):
        return _error_page(
            request, 500, "Something went wrong on our side. What you typed is still here; try again in a moment."
        )
    return HttpResponse(render_to_string("500.html"), status=500)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    message = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    return _error_page(request, 404, message or "This page does not exist or was removed.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(request, 403, str(exception) or "You do not have permission to do that.")


def unprocessable(request: HttpRequest, message: str) -> HttpResponse:
    """Returns a 422 response that says why the submitted data was rejected."""
    return _error_page(request, 422, message)


def conflict(request: HttpRequest, message: str) -> HttpResponse:
    """Returns a 409 response that says why the state of the data does not allow the request."""
    return _error_page(request, 409, message)


def too_many(request: HttpRequest) -> HttpResponse:
    """Returns a 429 response that says when to try again, by the rate limit named like the requested URL."""
    url_name = request.resolver_match.url_name if request.resolver_match else None
    action = (url_name or "").removeprefix("account_")
    seconds = rate_limits.retry_after(request, action)
    return retry_later(request, rate_limits.message(seconds), seconds, "Too many attempts")


def retry_later(request: HttpRequest, message: str, seconds: int, title: str = "Please wait") -> HttpResponse:
    """Returns a 429 response that says why the request was refused, with the seconds to wait as Retry-After. `title`
    is that of the page."""
    response = _error_page(request, TOO_MANY_REQUESTS, message, title)
    response["Retry-After"] = seconds
    return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Handles a CSRF failure: the page was older than the session, or it is a page of another site.

    The site's own composer gets its text back with a fresh token, and a page with scripts gets the token, so that the
    user can do the same again. Another site's form must get neither: one click would publish its text in the user's
    name.
    """
    if not is_from_own_page(request):
        return _error_page(request, 403, FOREIGN_REQUEST)
    if getattr(request, "htmx", False) and request.path != reverse("posts"):
        notice = render_to_string("_fresh_token.html", {"sentence": OUT_OF_DATE}, request)
        return HttpResponse(notice, status=403, headers=NOTICE_HEADERS)
    if request.path != reverse("posts") or "body" not in request.POST:
        return _error_page(request, 403, "This page was out of date, so nothing was changed. Reload it and try again.")
    pictures = Attachments.submitted(viewer_of(request), request.POST, request.FILES)
    form = PostForm(request.POST, pictures=pictures)
    form.add_error(None, "This page was out of date, so nothing was saved. Send it again: it is all still here.")
    template = "posts/_composer.html" if getattr(request, "htmx", False) else "posts/compose.html"
    return render(request, template, {"form": form}, status=403)


def _error_page(request: HttpRequest, status: int, sentence: str, title: str = "") -> HttpResponse:
    if getattr(request, "htmx", False):
        notice = render_to_string("_notice.html", {"sentence": sentence})
        return HttpResponse(notice, status=status, headers=NOTICE_HEADERS)
    template = "400.html" if status in (409, 422) else f"{status}.html"
    return render(request, template, {"sentence": sentence, "title": title}, status=status)
