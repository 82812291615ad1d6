"""The example app of docs/live-models.md in a browser: its own tests, as documented."""

import pytest

from links.conftest import *  # noqa: F403
from links.test_links_page import *  # noqa: F403

pytestmark = pytest.mark.both
