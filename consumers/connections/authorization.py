"""Authorization of open sockets: checked when a socket opens, when an event changes a right, and once a minute."""

from collections.abc import Collection

from consumers.connections.close_codes import BAD_TOKEN, REFUSED, SIGNED_OUT, SUSPENDED
from livefeed.live import credentials as live_credentials
from livefeed.live.credentials import Credential


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
    invalid = set(credentials) - live_credentials.valid(credentials)
    suspended_users = live_credentials.of_suspended_users(invalid)
    otherwise = {"session": signed_out, "token": bad_token}
    reasons = {
        credential: suspended() if credential in suspended_users else otherwise[credential.kind]()
        for credential in invalid
    }
    return dict.fromkeys(credentials) | reasons
