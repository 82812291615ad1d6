"""Who may keep a socket open: asked when it opens, when the log says that something changed, and once a minute."""

from collections.abc import Collection

from consumers.connections.connection import Credential
from livefeed.models import Session, Token

SIGNED_OUT, SUSPENDED, BAD_TOKEN, REFUSED = 3500, 3501, 3503, 3504
"""Close codes: do not come back with the same request."""
RESTARTING, TOO_SLOW, REPLACED, TOO_MANY = 3001, 3008, 3009, 3010
"""Close codes: come back after a while."""


class RefusedError(Exception):
    """The socket may not be opened or stay open: `code` is for programs, the text for people, `close_code` for the
    socket."""

    def __init__(self, code: str, detail: str, close_code: int = REFUSED) -> None:
        super().__init__(detail)
        self.code, self.close_code = code, close_code


def signed_out() -> RefusedError:
    return RefusedError("signed_out", "You were signed out. Sign in to go on.", SIGNED_OUT)


def suspended() -> RefusedError:
    return RefusedError("suspended", "This account is suspended.", SUSPENDED)


def bad_token() -> RefusedError:
    return RefusedError("bad_token", "This token is unknown, or it was revoked.", BAD_TOKEN)


def revocation_reasons(credentials: Collection[Credential]) -> dict[Credential, RefusedError | None]:
    """For each, why it no longer holds; None where it does. A query or two, however many they are."""
    valid = {Credential("session", sign_in) for sign_in in Session.objects.by_sign_ins(_ids("session", credentials))}
    valid |= {Credential("token", pk) for pk in Token.objects.by_ids(_ids("token", credentials))}
    lost = [each for each in credentials if each not in valid]
    return dict.fromkeys(credentials) | _reasons(lost)


def _reasons(lost: Collection[Credential]) -> dict[Credential, RefusedError]:
    sessions = Session.objects.filter(sign_in__in=_ids("session", lost), user__is_active=False)
    tokens = Token.objects.filter(pk__in=_ids("token", lost), user__is_active=False)
    of_suspended = {Credential("session", sign_in) for sign_in in sessions.values_list("sign_in", flat=True) if sign_in}
    of_suspended |= {Credential("token", pk) for pk in tokens.values_list("pk", flat=True)}
    others = {"session": signed_out, "token": bad_token}
    return {each: suspended() if each in of_suspended else others[each.kind]() for each in lost}


def _ids(kind: str, credentials: Collection[Credential]) -> list[int]:
    """Django asks nothing of the database for an empty list."""
    return [credential.id for credential in credentials if credential.kind == kind]
