"""Times to wait, in words."""

from math import ceil


def duration(seconds: int) -> str:
    """Returns a time to wait in words, rounded up to minutes or hours."""
    minutes = ceil(seconds / 60)
    hours = ceil(seconds / 3_600)
    if minutes <= 1:
        return "a minute" if minutes else "a moment"
    if minutes < 60:
        return f"{minutes} minutes"
    return f"{hours} hours" if hours > 1 else "an hour"


def exact_duration(seconds: int) -> str:
    """Returns a time to wait in words, below a minute to the second."""
    if 0 < seconds < 60:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return duration(seconds)
