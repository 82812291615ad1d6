"""Livefeed's settings with the neighbour moved in; for a server that the fault tests start."""

from livefeed.settings import *  # noqa: F403
from livefeed.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.faults.neighbour"]
