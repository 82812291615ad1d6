"""The example app of docs/live-models.md: its own tests, as documented."""

from links.conftest import *  # noqa: F403
from links.test_links import *  # noqa: F403
