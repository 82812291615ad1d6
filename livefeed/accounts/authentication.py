"""The user of a request, loaded by the same query as the session."""

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, middleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from livefeed.models import User


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Django's middleware without its query for the user."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        user: Any = SimpleLazyObject(lambda: _load_user(request))
        request.user = user


def _load_user(request: HttpRequest) -> User | AnonymousUser:
    """Loads the user, and sets it in place of the lazy object, which makes each use of an attribute several calls."""
    request.user = _loaded_user(request) or middleware.get_user(request)
    return request.user


def _loaded_user(request: HttpRequest) -> User | None:
    """Returns the user who was loaded with the session, or None if the account has changed since the sign-in: after a
    new password, for example, Django's `get_user` decides."""
    session: Any = request.session
    user_id = session.get(SESSION_KEY)  # loads the session
    user: User | None = session.loaded_user
    if user is None or not user.is_active or str(user.pk) != user_id:
        return None
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    is_current = constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    return user if is_current else None
