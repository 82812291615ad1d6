"""ASGI entry point: `daphne asgi:application` serves Livefeed."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livefeed.settings")
django.setup()

from consumers.routing import application  # noqa: E402  # needs django.setup()

__all__ = ["application"]
