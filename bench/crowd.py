"""Many open sockets: the C program in wsload/, compiled for the run and started once for each crowd."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "wsload"
LIFETIME = 900
"""Seconds after which the program ends itself in any case (LIFETIME_S in main.c)."""


@dataclass(frozen=True)
class Count:
    """Figures of the sockets of one crowd; wsload/main.c defines each of them."""

    sockets: int
    failed: int
    open_seconds: float
    exact: int
    caught_up_seconds: float
    deliveries: int
    messages: int
    seconds: float
    rate: float
    bytes_each: float
    p50_ms: float
    p99_ms: float
    posts: int
    complete: int
    last_p50_ms: float
    last_p99_ms: float
    counts_median: int
    counts_most: int
    likes_least: int
    likes_most: int
    open_cpu_seconds: float
    cpu_seconds: float

    def exact_with(self, posts: int) -> int:
        """Returns the number of sockets that received all of `posts` posts, each once, in order."""
        return self.exact if self.posts == posts else 0


def compile_program(folder: Path) -> Path:
    """Compiles the load generator into `folder`; returns its path."""
    program = folder / "wsload"
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, *SOURCES.glob("*.c")], check=True)
    return program


class Crowd:
    """A running load generator whose sockets are all open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def count(self) -> Count:
        """Waits until all expected deliveries have arrived, or none arrives any more. Raises `RuntimeError` without
        any."""
        count = self._end()
        if not count.deliveries:
            raise RuntimeError("No socket received a post.")
        return count

    def leave(self) -> Count:
        """Closes the sockets now; returns the figures."""
        self._process.terminate()
        return self._end()

    def _end(self) -> Count:
        output, _ = self._process.communicate(timeout=LIFETIME)
        return Count(**json.loads(output))


@dataclass(frozen=True)
class ConnectOptions:
    """Parameters with which a crowd connects.

    `cookies` is a file of Cookie headers, `at_once` the number of handshakes at a time, and `greeting` the first
    message of each socket.
    """

    port: int
    path: str
    cookies: Path
    at_once: int
    greeting: str = ""


@contextmanager
def crowd(program: Path, options: ConnectOptions, sockets: int, expected: int) -> Iterator[Crowd]:
    """Opens `sockets` sockets, each with its line of the cookies; closes them at the end of the block.

    Raises `RuntimeError` if none opens.
    """
    words = [options.port, options.path, sockets, expected, options.cookies, options.at_once, options.greeting]
    with subprocess.Popen([program, *map(str, words)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().split() in ([], ["READY", "0"]):
                raise RuntimeError("No socket opened; see the messages above.")
            yield Crowd(process)
        finally:
            process.terminate()
