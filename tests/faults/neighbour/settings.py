"""Livefeed's settings with the misbehaving app installed, for servers of the fault tests."""

from livefeed.settings import *  # noqa: F403
from livefeed.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.faults.neighbour"]
