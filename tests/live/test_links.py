"""The example app of docs/live-models.md, tested as documented."""

from links.test_links import *  # noqa: F403
