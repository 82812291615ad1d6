"""Livefeed's settings for the tests; DATABASE_URL and REDIS_URL choose what they run on (see tests/stack)."""

import os

os.environ["DEBUG"] = "1"
os.environ["SECRET_KEY"] = "for-tests-only"

from livefeed.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
