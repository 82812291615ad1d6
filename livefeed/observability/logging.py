"""What must not stand in the log."""

import re
from logging import LogRecord

KEYS = re.compile(r"(/accounts/(?:confirm-email|password/reset/key)/)[^/\s]+")
"""The paths of links from mails: whoever has one can use it."""


def redact_keys(record: LogRecord) -> bool:
    """Takes the keys out of what is logged, say of a request that failed."""
    said = record.getMessage()
    if KEYS.search(said):
        record.msg, record.args = KEYS.sub(r"\1(key)", said), ()
    return True
