"""Sessions, with the user who is signed in."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from livefeed.models.user import User


def is_valid_key(key: str) -> bool:
    """True if a session with this key can exist. PostgreSQL rejects null bytes even in a lookup: one cookie with such a
    byte would fail the whole query, and with it every other session in the batch."""
    return "\0" not in key


class SessionQuerySet(models.QuerySet["Session"]):
    """Queries for sessions."""

    def signed_in(self) -> Self:
        """Sessions with a signed-in user, as far as SQL can decide; `Session.is_valid` checks the rest."""
        return self.filter(expire_date__gt=timezone.now(), sign_in__isnull=False, user__isnull=False)


class SessionManager(BaseSessionManager["Session"].from_queryset(SessionQuerySet)):  # type: ignore[misc]  # made at run time
    """Looks up sessions in batches."""

    def by_keys(self, keys: Iterable[str]) -> dict[str, "Session"]:
        """Returns the valid sessions with these keys, with their users, by key."""
        valid_keys = [key for key in keys if is_valid_key(key)]
        return {session.session_key: session for session in self._valid(session_key__in=valid_keys)}

    def by_sign_ins(self, sign_ins: Iterable[int]) -> dict[int, "Session"]:
        """Returns the valid sessions of these sign-ins, by sign-in."""
        found = self._valid(sign_in__in=sign_ins)
        return {session.sign_in: session for session in found if session.sign_in is not None}

    def _valid(self, **conditions: Iterable[Any]) -> list["Session"]:
        found = self.signed_in().filter(**conditions).select_related("user").defer("session_data")
        return [session for session in found if session.is_valid]


class Session(AbstractBaseSession):
    """Django's session, plus columns for its user, so that thousands of sockets are checked without decoding session
    data.

    `sign_in` is a random number that stays when the session key changes, as after a change of password.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    sign_in = models.BigIntegerField(null=True, unique=True)
    auth_hash = models.CharField(max_length=64, blank=True)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type:
        """Returns the store of the SESSION_ENGINE setting, as Django's middleware does. The store imports this model,
        so this module cannot import the store."""
        store: type = import_module(settings.SESSION_ENGINE).SessionStore
        return store

    @property
    def is_valid(self) -> bool:
        """True if the user is active and has not changed the password since signing in. Accepts hashes made with
        SECRET_KEY_FALLBACKS, as Django's `get_user` does."""
        if self.user is None or not self.user.is_active:
            return False
        valid_hashes = [self.user.get_session_auth_hash(), *self.user.get_session_auth_fallback_hash()]
        return any(constant_time_compare(self.auth_hash, each) for each in valid_hashes)
