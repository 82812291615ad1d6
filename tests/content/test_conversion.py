"""Conversion of pictures in processes of their own: limits, and requests that wait."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from livefeed.content import conversion
from livefeed.content.conversion import RetryLaterError
from livefeed.content.images import AVATAR, DAMAGED, MAX_PIXELS, POST, TOO_COMPLEX, PictureError, process_image
from tests import image_files
from tests.models.at_once import at_once
from tests.stack.servers import ROOT, wait_until


@pytest.fixture(scope="module")
def large() -> bytes:
    return image_files.large_png(5_000)


def processes() -> list[int]:
    """Returns the ids of the processes that convert pictures for this one."""
    children = [pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return [pid for pid, command in commands.items() if b"livefeed.content.conversion" in command]


@pytest.mark.parametrize("sizes", [POST, AVATAR])
def test_a_process_converts_as_this_one_would(sizes):
    content = image_files.jpeg((900, 600))
    assert conversion.convert(content, sizes)[:-1] == process_image(content, sizes)[:-1]
    assert not processes()


def test_a_process_reports_why_a_file_is_refused():
    with pytest.raises(PictureError, match="damaged or not complete") as refusal:
        conversion.convert(image_files.jpeg((2_000, 2_000))[:-40], POST)
    assert refusal.value.pixels == 4_000_000


def test_a_picture_that_takes_too_long_is_given_up(monkeypatch, large):
    monkeypatch.setattr(conversion, "TIMEOUT", 0.2)
    with pytest.raises(PictureError, match=TOO_COMPLEX) as refusal:
        conversion.convert(large, POST)
    assert refusal.value.pixels == MAX_PIXELS
    assert not processes()


def test_a_picture_that_takes_too_much_memory_is_refused(large):
    lines = ["from livefeed.content import conversion", "conversion.MAX_MEMORY = 100 << 20"]
    lines.append("conversion.main(['9', '9', '0', '50000000'])")
    command = [sys.executable, "-c", "; ".join(lines)]
    result = subprocess.run(command, input=large, capture_output=True, cwd=ROOT, check=True)
    assert TOO_COMPLEX in result.stdout.decode()


@pytest.mark.parametrize(("signum", "message"), [(signal.SIGKILL, TOO_COMPLEX), (signal.SIGSEGV, DAMAGED)])
def test_a_process_that_dies_takes_only_its_picture_along(large, signum, message):
    with ThreadPoolExecutor(1) as pool:
        converted = pool.submit(conversion.convert, large, POST)
        wait_until(lambda: bool(processes()), "a process converts")
        os.kill(processes()[0], signum)
        with pytest.raises(PictureError, match=message):
            converted.result()
    assert conversion.convert(image_files.jpeg(), POST).width == 64


def test_of_many_uploads_at_once_a_few_wait_and_the_others_are_refused(monkeypatch):
    monkeypatch.setattr(conversion, "MAX_WAIT", 60.0)  # a busy machine may need longer than the real one
    content = image_files.jpeg((1_000, 1_000))

    def upload() -> bool:
        try:
            return bool(conversion.convert(content, POST))
        except RetryLaterError:
            return False

    accepted = at_once(upload, 4 * conversion.MAX_REQUESTS)
    assert conversion.MAX_REQUESTS <= accepted.count(True) < len(accepted)
    assert conversion.convert(image_files.jpeg(), POST).width == 64
