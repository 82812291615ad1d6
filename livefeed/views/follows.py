"""Following a user, and notifications of their new posts."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from livefeed.models import Follow, NotActivatedError, User
from livefeed.models.user import NOT_ACTIVATED_TO_REACT
from livefeed.views.profile import find_user
from livefeed.views.resource import Request, SignedInResource


class FollowView(SignedInResource):
    """The viewer's follow of a user: `POST` creates it, `DELETE` ends it."""

    def post(self, request: Request, username: str) -> HttpResponse:
        user = find_user(username)
        try:
            self.viewer.follow(user)
        except ValidationError as error:
            raise PermissionDenied(error.messages[0]) from None
        except NotActivatedError:
            raise PermissionDenied(NOT_ACTIVATED_TO_REACT) from None
        return self.answer(user)

    def delete(self, request: Request, username: str) -> HttpResponse:
        user = find_user(username, User.objects.known_to(self.viewer))
        self.viewer.unfollow(user)
        return self.answer(user)

    def answer(self, user: User) -> HttpResponse:
        """Renders the buttons in their new state; without htmx, redirects to the user's profile."""
        if self.request.htmx:
            context = {"profile_user": user, **self.viewer.follow_state(user)}
            return render(self.request, "profiles/_follow.html", context)
        return redirect(user)


class BellView(FollowView):
    """Notifications of each new post of a user whom the viewer follows: `POST` turns them on, `DELETE` off."""

    def post(self, request: Request, username: str) -> HttpResponse:
        return self.set(find_user(username), bell=True)

    def delete(self, request: Request, username: str) -> HttpResponse:
        return self.set(find_user(username), bell=False)

    def set(self, user: User, bell: bool) -> HttpResponse:
        is_following = Follow.objects.set_bell(self.viewer, user, bell)
        if bell and not is_following:
            raise PermissionDenied(f"Follow {user} first.")
        return self.answer(user)
