"""Who is signed in, and where."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from livefeed.models.user import User


def is_valid_key(key: str) -> bool:
    """Whether there could be a session with this key. PostgreSQL takes no null byte, not even to look for it; a cookie
    with one would fail all whose sessions are looked for by the same query."""
    return "\0" not in key


class SessionQuerySet(models.QuerySet["Session"]):
    """Which sessions."""

    def signed_in(self) -> Self:
        """Those somebody is signed in with, as far as a query can tell; `Session.is_valid` says the rest."""
        return self.filter(expire_date__gt=timezone.now(), sign_in__isnull=False, user__isnull=False)


class SessionManager(BaseSessionManager["Session"].from_queryset(SessionQuerySet)):  # type: ignore[misc]  # made at run time
    """Asks for many sessions at once."""

    def by_keys(self, keys: Iterable[str]) -> dict[str, "Session"]:
        """The valid sessions with these keys, with their users, by key."""
        possible = [key for key in keys if is_valid_key(key)]
        return {session.session_key: session for session in self._valid(session_key__in=possible)}

    def by_sign_ins(self, sign_ins: Iterable[int]) -> dict[int, "Session"]:
        """The valid sessions of these sign-ins, by sign-in."""
        found = self._valid(sign_in__in=sign_ins)
        return {session.sign_in: session for session in found if session.sign_in is not None}

    def _valid(self, **which: Iterable[Any]) -> list["Session"]:
        found = self.signed_in().filter(**which).select_related("user").defer("session_data")
        return [session for session in found if session.is_valid]


class Session(AbstractBaseSession):
    """A session as Django keeps it; and, so that sockets can be looked after by the thousand without decoding any, who
    is signed in with it.

    `sign_in` is a random number that stays when the session's key is changed, as after a change of password.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    sign_in = models.BigIntegerField(null=True, unique=True)
    auth_hash = models.CharField(max_length=64, blank=True)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type:
        from livefeed.accounts.session_store import SessionStore

        return SessionStore

    @property
    def is_valid(self) -> bool:
        """Whether its user may still use it: active, and with the password that it was opened with. Keys in
        SECRET_KEY_FALLBACKS are honoured, as Django's `get_user` does."""
        if self.user is None or not self.user.is_active:
            return False
        valid = [self.user.get_session_auth_hash(), *self.user.get_session_auth_fallback_hash()]
        return any(constant_time_compare(self.auth_hash, each) for each in valid)
