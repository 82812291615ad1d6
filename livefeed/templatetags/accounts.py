"""Tags for the parts of the account pages that are shown in development only."""

from django import template
from django.conf import settings

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
