"""Responses to requests beyond a rate limit."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.datastructures import MultiValueDict

from livefeed.forms.attachments import Attachments
from livefeed.forms.post import EditForm, PostForm
from livefeed.limits.durations import exact_duration
from livefeed.views.errors import TOO_MANY_REQUESTS, retry_later
from livefeed.views.posts import edit_page
from livefeed.views.resource import Request, viewer_of


def refuse(request: Request, reason: str, seconds: int) -> HttpResponse:
    """Returns a 429 response with the reason and the time to wait, also as Retry-After."""
    sentence = f"{reason} Try again in {exact_duration(seconds)}."
    response = _json(request, sentence) or _form_with_text(request, sentence)
    response = response or retry_later(request, sentence, seconds)
    response["Retry-After"] = seconds
    patch_vary_headers(response, ["Accept"])
    return response


def _json(request: HttpRequest, sentence: str) -> HttpResponse | None:
    """Returns the sentence for a program that asks for JSON."""
    if request.get_preferred_type(["text/html", "application/json"]) != "application/json":
        return None
    return JsonResponse({"error": sentence}, status=TOO_MANY_REQUESTS)


def _form_with_text(request: Request, sentence: str) -> HttpResponse | None:
    """Returns a post or an edit in its form, if the request contains one; with htmx the page still has it."""
    match = request.resolver_match
    if request.htmx or match is None or match.view_name not in ("posts", "post") or "body" not in request.POST:
        return None
    pictures = Attachments.submitted(viewer_of(request), request.POST, MultiValueDict())
    error = f"{sentence} Your text is still here."
    if match.view_name == "post":
        editor = EditForm(request.POST, pictures=pictures)
        editor.add_error(None, error)
        return edit_page(request, match.kwargs["pk"], editor, TOO_MANY_REQUESTS)
    form = PostForm(request.POST, pictures=pictures)
    form.add_error(None, error)
    return render(request, "posts/compose.html", {"form": form}, status=TOO_MANY_REQUESTS)
