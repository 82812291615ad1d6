"""Limits of uploads per user: one picture at a time, and LIVEFEED_MEGAPIXELS_PER_HOUR.

Both are kept in the default cache, so all workers share them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import NamedTuple, Self

from django.conf import settings
from django.core.cache import cache

from livefeed.content import conversion
from livefeed.content.conversion import RETRY_AFTER, RetryLaterError
from livefeed.content.images import MAX_PIXELS, OverBudgetError, PictureError, ProcessedImage, Sizes
from livefeed.limits.durations import duration

HOUR = 3_600
"""Seconds."""
TURN_TIMEOUT = 60
"""Seconds after which a user may upload again although an upload was cut off. Longer than any conversion takes."""
ONE_AT_A_TIME = "Another picture of yours is still being processed. Try again in a few seconds."


class Usage(NamedTuple):
    """Pixels that a user has uploaded in the current hour, which begins with an upload and ends at `ends_at` (Unix
    seconds)."""

    pixels: int
    ends_at: float

    @classmethod
    def of(cls, user_id: int) -> Self:
        pixels, ends_at = cache.get(_usage_key(user_id)) or (0, time.time() + HOUR)
        return cls(pixels, ends_at)

    @property
    def remaining(self) -> int:
        return max(0, settings.LIVEFEED_MEGAPIXELS_PER_HOUR * 1_000_000 - self.pixels)

    @property
    def seconds_left(self) -> int:
        return max(1, ceil(self.ends_at - time.time()))

    def add(self, user_id: int, pixels: int) -> None:
        """Adds `pixels` to the user's usage of the current hour."""
        cache.set(_usage_key(user_id), (self.pixels + pixels, self.ends_at), self.seconds_left)


def convert_upload(user_id: int, content: bytes, sizes: Sizes) -> ProcessedImage:
    """Converts a picture that a user uploads. Raises `RetryLaterError` if a limit is reached, or `PictureError` if it
    cannot be converted."""
    with _turn_of(user_id):
        usage = Usage.of(user_id)
        try:
            processed = conversion.convert(content, sizes, min(usage.remaining, MAX_PIXELS))
        except OverBudgetError:
            raise RetryLaterError(_budget_message(usage.seconds_left), usage.seconds_left) from None
        except PictureError as error:
            usage.add(user_id, error.pixels)
            raise
        usage.add(user_id, processed.pixels)
        return processed


@contextmanager
def _turn_of(user_id: int) -> Iterator[None]:
    """Raises `RetryLaterError` if another picture of the user is being converted, by whichever worker."""
    key = f"picture-turn:{user_id}"
    if not cache.add(key, True, TURN_TIMEOUT):
        raise RetryLaterError(ONE_AT_A_TIME, RETRY_AFTER)
    try:
        yield
    finally:
        cache.delete(key)


def _usage_key(user_id: int) -> str:
    return f"picture-pixels:{user_id}"


def _budget_message(seconds: int) -> str:
    return f"You have uploaded many large pictures. Try again in {duration(seconds)}."
