"""Steps shared by the tests of two-step sign-in."""

import re
import time
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from livefeed.models import User
from tests.factories import make_user
from tests.views.accounts import text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

SECRET = "JBSWY3DPEHPK3PXP"
SECOND_STEP = "/accounts/2fa/authenticate/"
SET_UP = "/accounts/2fa/totp/activate/"


def make_protected_user(username: str = "mara", **fields) -> User:
    """Creates a user with an authenticator app and recovery codes."""
    user = make_user(username, **fields)
    totp.TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def code_now(secret: str = SECRET) -> str:
    """Returns the code that an app shows now. It works although the same code was used before."""
    cache.clear()
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def wrong_code() -> str:
    return str((int(code_now()) + 1) % 1_000_000).zfill(6)


def recovery_codes_of(user: User) -> list[str]:
    codes = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return codes.wrap().get_unused_codes()


def enter(client: Client, code: str) -> "Page":
    return client.post(SECOND_STEP, {"code": code}, follow=True)


def secret_on(page: "Page") -> str:
    found = re.search(r'<code class="secret">(\w+)</code>', text(page))
    assert found is not None
    return found[1]
