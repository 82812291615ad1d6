"""Following somebody, and ending it."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from livefeed.models import Follow, User
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
        return self.answer(person)

    def delete(self, request: Request, username: str) -> HttpResponse:
        person = find_person(username, User.objects.all())
        self.viewer.unfollow(person)
        return self.answer(person)

    def answer(self, person: User) -> HttpResponse:
        """The buttons as they now are; without htmx the person's page."""
        if self.request.htmx:
            return render(self.request, "profiles/_follow.html", {"person": person, **self.viewer.follow_state(person)})
        return redirect(person)


class BellView(FollowView):
    """Whether the viewer, who follows a person, is told of each new post of theirs: `POST` begins, `DELETE` ends."""

    def post(self, request: Request, username: str) -> HttpResponse:
        return self.set(find_person(username), bell=True)

    def delete(self, request: Request, username: str) -> HttpResponse:
        return self.set(find_person(username), bell=False)

    def set(self, person: User, bell: bool) -> HttpResponse:
        if not Follow.objects.set_bell(self.viewer, person, bell) and bell:
            raise PermissionDenied(f"Follow {person} first.")
        return self.answer(person)
