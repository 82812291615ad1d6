"""Following somebody, and ending it."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from livefeed.models import User
from livefeed.views.profile import find_person
from livefeed.views.resource import Request, SignedInResource


class FollowView(SignedInResource):
    """Whether the viewer follows a person: `POST` begins, `DELETE` ends."""

    def post(self, request: Request, username: str) -> HttpResponse:
        person = find_person(username)
        try:
            self.viewer.follow(person)
        except ValidationError as error:
            raise PermissionDenied(error.messages[0]) from None
        return self.answer(person, follows=True)

    def delete(self, request: Request, username: str) -> HttpResponse:
        person = find_person(username, User.objects.all())
        self.viewer.unfollow(person)
        return self.answer(person, follows=False)

    def answer(self, person: User, follows: bool) -> HttpResponse:
        """The button as it now is; without htmx the person's page."""
        if self.request.htmx:
            return render(self.request, "profiles/_follow.html", {"person": person, "follows": follows})
        return redirect(person)
