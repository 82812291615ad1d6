"""What the account pages say in development only."""

from django import template
from django.conf import settings

from livefeed.models import User

register = template.Library()


@register.simple_tag
def in_development() -> bool:
    return settings.DEBUG


@register.simple_tag
def has_demo() -> bool:
    """Whether one can sign in as the demo person, whose password everybody knows."""
    return settings.DEBUG and User.objects.with_username("demo").exists()
