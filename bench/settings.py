"""Livefeed's settings as in production; only the collected static files are kept with the run's other files."""

import os
from pathlib import Path

from livefeed.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["BENCH_STATIC"])
