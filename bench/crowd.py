"""Many open sockets: the C program in wsload/, compiled for the run and started once for each crowd."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "wsload"
LIFETIME = 900
"""Seconds after which the program ends itself, whatever happens (LIFETIME_S in main.c)."""


@dataclass(frozen=True)
class Count:
    """What the sockets of one crowd received; wsload/main.c says what each word means."""

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
        """How many sockets have all of so many posts, each once, in order."""
        return self.exact if self.posts == posts else 0


def compile_program(folder: Path) -> Path:
    """Compiles the load generator into `folder`; returns where it is."""
    program = folder / "wsload"
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, *SOURCES.glob("*.c")], check=True)
    return program


class Crowd:
    """A crowd whose sockets are all open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def count(self) -> Count:
        """Waits until all that was expected has come, or no more comes. Raises `RuntimeError` if nothing came."""
        count = self._end()
        if not count.deliveries:
            raise RuntimeError("No post came to any socket.")
        return count

    def leave(self) -> Count:
        """Closes the sockets now."""
        self._process.terminate()
        return self._end()

    def _end(self) -> Count:
        output, _ = self._process.communicate(timeout=LIFETIME)
        return Count(**json.loads(output))


@dataclass(frozen=True)
class Entrance:
    """Where a crowd comes in: the server's port, its sockets' path, a file of Cookie headers; how many may be opening
    at a time, and what each says first."""

    port: int
    path: str
    cookies: Path
    at_once: int
    greeting: str = ""


@contextmanager
def crowd(program: Path, entrance: Entrance, sockets: int, expected: int) -> Iterator[Crowd]:
    """Opens `sockets` sockets, each with its line of the cookies, closed at the end of the block. Raises `RuntimeError`
    if not a single one opens."""
    words = [entrance.port, entrance.path, sockets, expected, entrance.cookies, entrance.at_once, entrance.greeting]
    with subprocess.Popen([program, *map(str, words)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().split() in ([], ["READY", "0"]):
                raise RuntimeError("No socket opened; the lines above say why.")
            yield Crowd(process)
        finally:
            process.terminate()
