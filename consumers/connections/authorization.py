"""Authorization of open sockets: checked when a socket opens, when an event changes a right, and once a minute."""

from collections.abc import Collection

from consumers.connections.close_codes import BAD_TOKEN, REFUSED, SIGNED_OUT, SUSPENDED
from consumers.connections.connection import Credential
from livefeed.models import Session, Token


class RefusedError(Exception):
    """Raised if a socket may not be opened or stay open.

    `code` is for programs, the text for users, and `close_code` closes the socket.
    """

    def __init__(self, code: str, detail: str, close_code: int = REFUSED) -> None:
        super().__init__(detail)
        self.code = code
        self.close_code = close_code


def signed_out() -> RefusedError:
    return RefusedError("signed_out", "You were signed out. Sign in to go on.", SIGNED_OUT)


def suspended() -> RefusedError:
    return RefusedError("suspended", "This account is suspended.", SUSPENDED)


def bad_token() -> RefusedError:
    return RefusedError("bad_token", "This token is unknown, or it was revoked.", BAD_TOKEN)


def revocation_reasons(credentials: Collection[Credential]) -> dict[Credential, RefusedError | None]:
    """Returns for each credential the reason why it is no longer valid, or None if it is valid.

    The number of queries does not depend on the number of credentials: one for each kind, two if some are invalid.
    """
    valid = {Credential("session", sign_in) for sign_in in Session.objects.by_sign_ins(_ids("session", credentials))}
    valid |= {Credential("token", pk) for pk in Token.objects.by_ids(_ids("token", credentials))}
    invalid = [credential for credential in credentials if credential not in valid]
    return dict.fromkeys(credentials) | _reasons(invalid)


def _reasons(invalid: Collection[Credential]) -> dict[Credential, RefusedError]:
    """Returns the reason for each invalid credential; "suspended" takes precedence."""
    sessions = Session.objects.filter(sign_in__in=_ids("session", invalid), user__is_active=False)
    tokens = Token.objects.filter(pk__in=_ids("token", invalid), user__is_active=False)
    of_suspended = {Credential("session", sign_in) for sign_in in sessions.values_list("sign_in", flat=True) if sign_in}
    of_suspended |= {Credential("token", pk) for pk in tokens.values_list("pk", flat=True)}
    otherwise = {"session": signed_out, "token": bad_token}
    return {
        credential: suspended() if credential in of_suspended else otherwise[credential.kind]()
        for credential in invalid
    }


def _ids(kind: str, credentials: Collection[Credential]) -> list[int]:
    """Returns the ids of the credentials of one kind. Django runs no query for an empty list."""
    return [credential.id for credential in credentials if credential.kind == kind]
