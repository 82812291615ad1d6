"""Removal of secrets from log records."""

import re
from logging import LogRecord

KEY_PATHS = re.compile(r"(/accounts/(?:confirm-email|password/reset/key)/)[^/\s]+")
"""Paths of the links in emails. Anyone who has the key in such a path can use it."""


def redact_keys(record: LogRecord) -> bool:
    """Logging filter that replaces keys in paths, for example in the line for a failed request. Returns True."""
    message = record.getMessage()
    if KEY_PATHS.search(message):
        record.msg = KEY_PATHS.sub(r"\1(key)", message)
        record.args = ()
    return True
