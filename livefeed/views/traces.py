"""Traces of recent changes, and explanations of what a user sees, for staff."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from livefeed.forms.traces import WhyForm
from livefeed.live import traces
from livefeed.observability import trace_report
from livefeed.views.resource import require_staff


def overview(request: HttpRequest) -> HttpResponse:
    """The last changes, the newest first, or those with a text (`q`)."""
    require_staff(request)
    text = request.GET.get("q", "").strip()
    found = traces.matching(traces.recent(), text)
    return render(
        request, "staff/traces.html", {"traces": found, "groups": traces.GROUPS, "q": text, "form": WhyForm()}
    )


def detail(request: HttpRequest, trace_id: int) -> HttpResponse:
    """One change, stage by stage."""
    require_staff(request)
    trace = next((trace for trace in traces.recent() if trace.id == trace_id), None)
    if trace is None:
        raise Http404("This trace is no longer in memory.")
    return render(request, "staff/trace.html", {"trace": trace, "groups": traces.GROUPS, "form": WhyForm.about(trace)})


def why(request: HttpRequest) -> HttpResponse:
    """Explains why a user sees or does not see a row."""
    require_staff(request)
    form = WhyForm(request.GET)
    explanation = form.explain() if form.is_valid() else None
    return render(request, "staff/why.html", {"form": form, "explanation": explanation})


def report(request: HttpRequest) -> HttpResponse:
    """Plain text for `manage.py trace`, which signs its requests: the newest change with a text (`q`), the last one
    (`last`), an explanation (`q` and `user`), or a list."""
    if not trace_report.is_signed(request.headers.get("Authorization", "")):
        raise PermissionDenied("Use manage.py trace.")
    text = request.GET.get("q", "")
    if "user" in request.GET:
        form = WhyForm({"row": text, "user": request.GET["user"]})
        if not form.is_valid():
            errors = [str(message) for messages in form.errors.values() for message in messages]
            return HttpResponse("\n".join(errors), "text/plain", status=404)
        return _plain(trace_report.of_explanation(form.explain()))
    found = traces.matching(traces.recent(), text)
    if not found:
        return HttpResponse("No recent change has this text.", "text/plain", status=404)
    is_one = bool(text) or "last" in request.GET
    return _plain(trace_report.of_trace(found[0]) if is_one else trace_report.of_list(found))


def _plain(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join(lines), "text/plain; charset=utf-8")
