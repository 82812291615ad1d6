"""Whom or what somebody means who has typed the beginning."""

import re

from django.http import HttpResponse
from django.shortcuts import render

from livefeed.content.markup import TAG_MAX, normalize_tag
from livefeed.models import Tagging, User
from livefeed.views.resource import Request, SignedInResource

TYPED = re.compile(rf"([@#])(\w{{1,{TAG_MAX}}})")
UNAUTHORIZED = 401


class CompletionView(SignedInResource):
    """People or tags: `GET` finds those that begin with `?q=@ma` or `?q=#ga`; none if that is neither."""

    def get(self, request: Request) -> HttpResponse:
        sign, begin = found.groups() if (found := TYPED.fullmatch(request.GET.get("q", ""))) else ("", "")
        people = User.objects.complete(begin, self.viewer) if sign == "@" else []
        tags = Tagging.objects.complete(normalize_tag(begin), self.viewer) if sign == "#" else []
        return render(request, "posts/_completions.html", {"people": people, "tags": tags})

    def handle_no_permission(self) -> HttpResponse:  # type: ignore[override]  # the mixin raises or redirects
        """Refuses, and leads nowhere: somebody is writing."""
        return HttpResponse(status=UNAUTHORIZED)
