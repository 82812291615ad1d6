"""What happened to one's account."""

from django.http import HttpResponse
from django.shortcuts import render

from livefeed.models import AuditEntry
from livefeed.views.paging import newest_page, part_of
from livefeed.views.resource import Request, SignedInResource


class SecurityView(SignedInResource):
    """One's own part of the audit log, newest first, from `?before=` on."""

    def get(self, request: Request) -> HttpResponse:
        entries = AuditEntry.objects.about(self.viewer).newest_first()
        rows, older = newest_page(entries, request.GET.get("before", ""))
        template = part_of(request, "security/page.html", {"a": "security/_entries.html"})
        return render(request, template, {"entries": rows, "next": older})
