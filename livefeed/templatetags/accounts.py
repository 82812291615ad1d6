"""Tags for the parts of the account pages that are shown in development only."""

from django import template
from django.conf import settings

from livefeed.accounts.social_adapter import provider_id
from livefeed.models import User

register = template.Library()


@register.simple_tag
def in_development() -> bool:
    """True if DEBUG is set."""
    return settings.DEBUG


@register.simple_tag
def has_demo() -> bool:
    """True if visitors can sign in as the demo user, whose password is public."""
    return settings.DEBUG and User.objects.with_username("demo").exists()


@register.simple_tag
def openid_provider() -> dict[str, str] | None:
    """Returns the id and name of the OpenID Connect provider that users can sign in with, or None."""
    provider = provider_id()
    return {"id": provider, "name": settings.LIVEFEED_OIDC_NAME} if provider else None
