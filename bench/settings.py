"""Livefeed's settings as in production; only the collected static files are kept with the run's other files.

With BENCH_BELL=0 nobody is rung when something is saved: what rings cost is measured by leaving them out.
"""

import os
from pathlib import Path

from livefeed.settings import *  # noqa: F403
from livefeed.settings import MIDDLEWARE

STATIC_ROOT = Path(os.environ["BENCH_STATIC"])

if os.environ.get("BENCH_BELL") == "0":
    MIDDLEWARE = ["bench.variants.silence", *MIDDLEWARE]
