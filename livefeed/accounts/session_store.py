"""Session store: Django's database store on Livefeed's own table, which also records the user."""

import secrets
from datetime import datetime
from typing import Any, cast

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from livefeed.models import Session, User
from livefeed.models.compiled import compiled
from livefeed.models.session import is_valid_key

SIGN_IN = "sign_in"
"""Session key of the number that identifies a sign-in."""


class SessionStore(DatabaseStore):
    """Stores with each session the user who signed in with it (see `Session`)."""

    loaded_user: User | None = None
    """The user in the session's row when it was loaded, with preferences. May no longer be signed in: see
    `AuthenticationMiddleware`."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        is_key = super()._validate_session_key(key)  # type: ignore[misc]  # missing in the stubs
        return bool(is_key) and is_valid_key(key or "")

    def _get_session_from_db(self) -> Session | None:
        """Called when the session is loaded: loads its user and the user's preferences in the same query."""
        found: list[Session] = _unexpired_sessions(self.session_key or "", timezone.now())
        if not found:
            self._session_key = None
            return None
        self.loaded_user = found[0].user
        return found[0]

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast(Session, super().create_model_instance(data))
        session.user_id = data.get(SESSION_KEY)
        session.sign_in = data.get(SIGN_IN)
        session.auth_hash = data.get(HASH_SESSION_KEY, "")
        return session

    def cycle_key(self) -> None:
        """Replaces the session's key and keeps its row: deleting the row would be taken for the end of a sign-in."""
        data = self._get_session()  # type: ignore[attr-defined]  # missing in the stubs
        old = self.session_key
        key: str = self._get_new_session_key()  # type: ignore[attr-defined]  # missing in the stubs
        if not (old and self.model.objects.filter(session_key=old).update(session_key=key)):
            super().cycle_key()
            return
        self._session_key = key
        self._session_cache = data
        self.modified = True


@compiled
def _unexpired_sessions(key: str, now: datetime) -> Any:
    return Session.objects.filter(session_key=key, expire_date__gt=now).select_related("user__preferences")


def assign_sign_in(session: SessionBase) -> None:
    """Gives the session of a new sign-in the random number that identifies its sockets."""
    session[SIGN_IN] = secrets.randbits(63)
