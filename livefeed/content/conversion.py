"""Conversion of pictures in a process of its own, so that a large or hostile one delays no request.

Each picture gets a new process (`python -m livefeed.content.conversion`, 0.1 s) with limited memory and time, low
priority and none of the server's secrets. It imports no Django. A server process converts one picture at a time; few
request threads wait for it, and further uploads are refused at once.
"""

import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock

from livefeed.content.images import (
    DAMAGED,
    MAX_PIXELS,
    TOO_COMPLEX,
    OverBudgetError,
    PictureError,
    ProcessedImage,
    Sizes,
    process_image,
)

MAX_REQUESTS = 3
"""Uploads that hold a request thread: one is converted, the others wait."""
MAX_WAIT = 10.0
"""Seconds that an upload waits for those before it."""
TIMEOUT = 30.0
"""Seconds after which a conversion is ended."""
MAX_CPU_SECONDS = 20
MAX_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space. A WebP of `images.MAX_PIXELS` needs most of it."""
NICENESS = 10
"""Priority below that of the server, as in `nice`."""
PIXELS_PER_SECOND = 5_000_000
"""Pixels as which a second of processor time counts: a file with few pixels may be slow to decode."""
RETRY_AFTER = 2
"""Seconds after which a refused upload may be tried again."""
BUSY = "Many pictures are being uploaded at the moment. Try again in a few seconds."
ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")
"""Variables that Python may need to start."""
ROOT = Path(__file__).resolve().parents[2]

logger = logging.getLogger(__name__)
_requests = BoundedSemaphore(MAX_REQUESTS)
_converter = Lock()


class RetryLaterError(PictureError):
    """Raised when a picture is refused only for now. `retry_after` is the time to wait, in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


# --- In the server ---


def convert(content: bytes, sizes: Sizes, max_pixels: int = MAX_PIXELS) -> ProcessedImage:
    """Converts the content of an uploaded file, as `process_image` does. Raises `RetryLaterError` if too many uploads
    are waiting."""
    with _turn():
        return _parsed(_run(content, sizes, max_pixels))


@contextmanager
def _turn() -> Iterator[None]:
    if not _requests.acquire(blocking=False):
        raise RetryLaterError(BUSY, RETRY_AFTER)
    try:
        if not _converter.acquire(timeout=MAX_WAIT):
            raise RetryLaterError(BUSY, RETRY_AFTER)
        try:
            yield
        finally:
            _converter.release()
    finally:
        _requests.release()


def _run(content: bytes, sizes: Sizes, max_pixels: int) -> bytes:
    """Returns the output of the process. Raises `PictureError` if it crashes or exceeds a limit."""
    arguments = [str(int(number)) for number in (*sizes, max_pixels)]
    command = [sys.executable, "-m", "livefeed.content.conversion", *arguments]
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    try:
        # A process group of its own: Ctrl-C reaches only the server, which lets running requests finish.
        process = subprocess.run(  # noqa: S603  # our own command
            command, input=content, stdout=subprocess.PIPE, cwd=ROOT, env=environment, timeout=TIMEOUT, process_group=0
        )
    except subprocess.TimeoutExpired:
        raise PictureError(TOO_COMPLEX, MAX_PIXELS) from None
    if process.returncode < 0:  # ended by a signal
        logger.warning("The conversion of a picture was ended by signal %s.", -process.returncode)
        is_crash = process.returncode in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS)
        raise PictureError(DAMAGED if is_crash else TOO_COMPLEX, MAX_PIXELS)
    process.check_returncode()
    return process.stdout


def _parsed(output: bytes) -> ProcessedImage:
    """Returns the picture in the output of the process. Raises the error that it reports."""
    first_line, _, files = output.partition(b"\n")
    result = json.loads(first_line)
    if "error" in result:
        error = OverBudgetError if result["is_over_budget"] else PictureError
        raise error(result["error"], result["pixels"])
    length = result["large"]
    return ProcessedImage(files[:length], files[length:], *result["fields"])


# --- In the process ---


def main(arguments: list[str]) -> None:
    """Converts the picture on standard input. Writes a line of JSON, and after it both files, to standard output."""
    _limit_resources()
    large_side, small_side, is_square, max_pixels = (int(argument) for argument in arguments)
    sizes = Sizes(large_side, small_side, bool(is_square))
    try:
        processed = process_image(sys.stdin.buffer.read(), sizes, max_pixels)
    except PictureError as error:
        is_over_budget = isinstance(error, OverBudgetError)
        _write({"error": str(error), "is_over_budget": is_over_budget, "pixels": _work(error.pixels)})
    else:
        large, small, *fields = processed._replace(pixels=_work(processed.pixels))
        _write({"large": len(large), "fields": fields}, large, small)


def _limit_resources() -> None:
    os.nice(NICENESS)
    limits = (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    )
    for limit, value in limits:
        with suppress(OSError, ValueError):  # macOS does not limit memory
            resource.setrlimit(limit, (value, value))


def _work(pixels: int) -> int:
    """Returns the number of pixels that this process counts."""
    return max(pixels, int(time.process_time() * PIXELS_PER_SECOND))


def _write(result: dict[str, object], *files: bytes) -> None:
    sys.stdout.buffer.write(json.dumps(result).encode() + b"\n" + b"".join(files))


if __name__ == "__main__":
    main(sys.argv[1:])
