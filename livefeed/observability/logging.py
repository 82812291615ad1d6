"""Filters of log records: removal of secrets, and of lines that a client could send by the thousand."""

import re
from http import HTTPStatus
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


def is_no_refusal(record: LogRecord) -> bool:
    """Logging filter: False for a request beyond a rate limit. A flood must not fill the disk; a metric counts it."""
    return getattr(record, "status_code", None) != HTTPStatus.TOO_MANY_REQUESTS
