"""What happened to one's account."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from livefeed.models import AuditEntry
from livefeed.views.feed import PAGE
from livefeed.views.resource import Request, SignedInResource


class SecurityView(SignedInResource):
    """One's own part of the audit log, newest first, from `?before=` on."""

    def get(self, request: Request) -> HttpResponse:
        entries = AuditEntry.objects.about(self.viewer).newest_first()
        start = request.GET.get("before", "")
        try:
            rows = list((entries.before(start) if start else entries)[: PAGE + 1])
        except ValueError:
            raise Http404("There is no such page.") from None
        context = {"entries": rows[:PAGE], "next": f"?before={rows[PAGE - 1].sort_key}" if len(rows) > PAGE else ""}
        part = request.htmx and request.headers.get("HX-Source") == "a"
        return render(request, "security/_entries.html" if part else "security/page.html", context)
