"""Livefeed's settings as in production, with the collected static files in the folder of the run.

With BENCH_BELL=0 the hub is not woken after a commit: the cost of wake-ups is measured by leaving them out.
"""

import os
from pathlib import Path

from livefeed.settings import *  # noqa: F403
from livefeed.settings import MIDDLEWARE

STATIC_ROOT = Path(os.environ["BENCH_STATIC"])

if os.environ.get("BENCH_BELL") == "0":
    MIDDLEWARE = ["bench.variants.silence", *MIDDLEWARE]
