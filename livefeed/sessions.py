"""Whose a session is, for those who hold its key without a request: sockets."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from livefeed.models import User

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


def user_of_session(session_key: str) -> User | None:
    """The active user signed in with a session, or None. Like Django's `get_user` it honours SECRET_KEY_FALLBACKS, but
    it writes nothing: it could not send the browser a new cookie."""
    session = SessionStore(session_key)
    user_id, signed = session.get(SESSION_KEY), session.get(HASH_SESSION_KEY, "")
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None:
        return None
    valid = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user if any(constant_time_compare(signed, each) for each in valid) else None
