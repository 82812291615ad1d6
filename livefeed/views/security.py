"""Second steps, the account at the provider, and the security history of the viewer's account."""

from django.http import HttpResponse
from django.shortcuts import render

from livefeed.accounts.social_adapter import account_of
from livefeed.accounts.two_step import TwoStep
from livefeed.models.audit import newest_entries
from livefeed.views.paging import newest_page, template_for
from livefeed.views.resource import Request, SignedInResource


class SecurityView(SignedInResource):
    """Audit entries about the viewer, newest first, from `?before=` on."""

    def get(self, request: Request) -> HttpResponse:
        page, next_url = newest_page(newest_entries, self.viewer, request.GET.get("before", ""))
        template = template_for(request, "security/page.html", {"a": "security/_entries.html"})
        context = {
            "entries": page,
            "next": next_url,
            "two_step": TwoStep.of(self.viewer),
            "connected": account_of(self.viewer),
        }
        return render(request, template, context)
