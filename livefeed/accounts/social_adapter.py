"""Sign-in with an OpenID Connect provider: allauth's adapter for the accounts of other sites."""

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from allauth.account.utils import user_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.utils import generate_unique_username
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse

from livefeed.content.sanitize import clean_line
from livefeed.models import Preferences, User
from livefeed.models.user import DISPLAY_NAME_MAX, USERNAME_MAX, USERNAME_MIN

STORED_CLAIMS = ("sub", "email", "preferred_username", "name")
"""The only claims that are stored: a provider may send far more about a person."""
CONFLICT = 409
INTERRUPTED = "That did not work. Continue to try again."


def provider_id() -> str:
    """Returns the key of the configured provider: its host. Empty if there is none."""
    return urlsplit(settings.LIVEFEED_OIDC_URL).hostname or ""


def account_of(user: User) -> SocialAccount | None:
    """Returns the account at the configured provider that a user signs in with."""
    account: SocialAccount | None = SocialAccount.objects.filter(user=user, provider=provider_id()).first()
    return account


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """The provider from the settings, and rules for new accounts."""

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "no_password": "Choose a password first: without one you could not sign in any more."
    }

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Returns the provider from the settings; rows of the database are ignored, because a row would be a way to
        sign in as anyone."""
        app = SocialApp(
            provider="openid_connect",
            provider_id=provider_id(),
            name=settings.LIVEFEED_OIDC_NAME,
            client_id=settings.LIVEFEED_OIDC_CLIENT_ID,
            secret=settings.LIVEFEED_OIDC_CLIENT_SECRET,
            settings={"server_url": settings.LIVEFEED_OIDC_URL, "oauth_pkce_enabled": True},
        )
        is_wanted = provider in (None, app.provider, app.provider_id) and client_id in (None, app.client_id)
        return [app] if app.provider_id and is_wanted else []

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Fills in a new user from the provider's claims, and removes claims that are not needed."""
        claims = sociallogin.account.extra_data
        sociallogin.account.extra_data = {"userinfo": _stored_claims(claims)}
        for address in sociallogin.email_addresses:
            address.verified = address.verified is True  # some providers send "false", which is true in Python
        user: User = sociallogin.user
        user.username = username_from(str(data.get("username") or data.get("email") or ""))
        user.name = clean_line(str(data.get("name") or ""))[:DISPLAY_NAME_MAX]
        user_email(user, str(data.get("email") or ""))
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuses a new account with the confirmed address of an existing one: its owner can connect both."""
        is_sign_in = sociallogin.state.get("process") == "login"
        if is_sign_in and not sociallogin.is_existing and _has_address_in_use(sociallogin):
            context = {"provider": sociallogin.provider, "email": sociallogin.email_addresses[0].email}
            raise ImmediateHttpResponse(render(request, "socialaccount/email_in_use.html", context, status=CONFLICT))

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Returns the user whose confirmed address the provider has confirmed too, if LIVEFEED_OIDC_TRUST_EMAIL is set.
        An account whose owner never confirmed the address may be that of a stranger."""
        found: tuple[User, str] | None = super().authenticate_by_email(sociallogin)
        if found is None:
            return None
        user, email = found
        is_confirmed = EmailAddress.objects.filter(user=user, email=email.lower(), verified=True).exists()
        return found if is_confirmed else None

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Saves a new user, with the name and address from the form if the provider did not send enough."""
        user: User = sociallogin.user
        user.set_unusable_password()
        if form is not None:
            user.username = form.cleaned_data["username"]
            user_email(user, form.cleaned_data["email"])
        else:
            user.username = generate_unique_username([user.username, "user"])
        try:
            with transaction.atomic():
                sociallogin.save(request)
                Preferences.objects.show_first_steps(user, True)
        except IntegrityError:  # another request took the name, or signed in the same person, at the same moment
            messages.error(request, INTERRUPTED)
            raise ImmediateHttpResponse(redirect("openid_connect_login", provider_id())) from None
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return reverse("settings_security")


def username_from(text: str) -> str:
    """Returns a valid user name close to `text`, which is a name at the provider or an address: "ada.l@corp" becomes
    "ada_l"."""
    ascii_text = unicodedata.normalize("NFKD", text.partition("@")[0]).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", ascii_text).strip("_")[:USERNAME_MAX]
    return name if len(name) >= USERNAME_MIN else "user"


def _stored_claims(claims: dict[str, Any]) -> dict[str, Any]:
    found = claims.get("userinfo") or claims.get("id_token") or claims
    return {name: clean_line(str(found[name])) for name in STORED_CLAIMS if name in found}


def _has_address_in_use(sociallogin: SocialLogin) -> bool:
    """True if the provider has confirmed an address that belongs to an account. For an address that it has not
    confirmed, the answer must not reveal that; its owner gets a mail, as after any sign-up."""
    emails = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
    is_confirmed: bool = EmailAddress.objects.filter(email__in=emails, verified=True).exists()
    return is_confirmed or User.objects.filter(email__in=emails).exclude(activated_at=None).exists()
