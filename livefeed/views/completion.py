"""Completion of user names and tags in the composer."""

import re

from django.http import HttpResponse
from django.shortcuts import render

from livefeed.content.characters import MARKS, MEDIAL
from livefeed.content.markup import TAG_MAX, normalize_tag
from livefeed.models import Tagging, User
from livefeed.views.resource import Request, SignedInResource

QUERY = re.compile(rf"([@#])(\w[\w{MARKS}{MEDIAL}]{{0,{TAG_MAX - 1}}})")
"""A sign that says what to complete, and the beginning of a name or tag."""
UNAUTHORIZED = 401


class CompletionView(SignedInResource):
    """Users or tags that begin with `?q=@ma` or `?q=#ga`; empty for any other query."""

    def get(self, request: Request) -> HttpResponse:
        users: list[User] = []
        tags: list[str] = []
        if match := QUERY.fullmatch(request.GET.get("q", "")):
            sign, prefix = match.groups()
            if sign == "@":
                users = User.objects.complete(prefix, self.viewer)
            else:
                tags = Tagging.objects.complete(normalize_tag(prefix), self.viewer)
        return render(request, "posts/_completions.html", {"users": users, "tags": tags})

    def handle_no_permission(self) -> HttpResponse:  # type: ignore[override]  # the mixin raises or redirects
        """Returns 401 without a redirect: the composer must stay on screen."""
        return HttpResponse(status=UNAUTHORIZED)
