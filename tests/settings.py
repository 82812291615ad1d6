"""Livefeed's settings for the tests; DATABASE_URL and REDIS_URL choose what they run on (see tests/stack)."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ["DEBUG"] = "1"
os.environ["SECRET_KEY"] = "for-tests-only"

from livefeed.settings import *  # noqa: F403
from livefeed.settings import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A folder for each run: two at once must not share a database.
FOLDER = Path(tempfile.mkdtemp(prefix="livefeed-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(FOLDER / "test.sqlite3")}
