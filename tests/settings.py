"""Settings for tests. DATABASE_URL and REDIS_URL select the services (see tests/stack)."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["DEBUG"] = "1"
os.environ["SECRET_KEY"] = "for-tests-only"

# Each run has its own folder, because concurrent runs must not share a database or pictures.
FOLDER = Path(tempfile.mkdtemp(prefix="livefeed-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
os.environ.setdefault("LIVEFEED_RATE_LIMITS", "off")  # tests/views/test_rate_limits.py turns them on
os.environ["LIVEFEED_MEDIA_DIR"] = str(FOLDER / "media")

from livefeed.settings import *  # noqa: E402, F403  # after the variables that they read
from livefeed.settings import CACHES, DATABASES, INSTALLED_APPS, LIVEFEED_APPS, STATICFILES_FINDERS  # noqa: E402

# The example of docs/live-models.md is installed like an app of others, from a folder of its own.
sys.path.append(str(Path(__file__).resolve().parents[1] / "examples"))
LIVEFEED_APPS += ["links"]
INSTALLED_APPS += ["links"]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}

# Rate limits are counted in memory, so that each test starts at zero. tests/views/test_limits.py uses the table.
CACHES = CACHES | {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "in the database": CACHES["default"],
}

DATABASES["default"]["TEST"] = {"NAME": "test_livefeed"}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(FOLDER / "test.sqlite3")}
    # Like fsync=off of the tests' PostgreSQL: only a power cut could lose a commit.
    options = DATABASES["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")

# Pages load one script and one style sheet, as in production.
STATICFILES_FINDERS = ["livefeed.staticfiles.BundleFinder", *STATICFILES_FINDERS[1:]]

# Servers that tests start look up static files once, and browsers keep them. Django's test client would do so for each
# of its instances (20 ms).
WHITENOISE_AUTOREFRESH = "pytest" in sys.modules
WHITENOISE_MAX_AGE = 3_600
