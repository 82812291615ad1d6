"""Servers for tests: Livefeed's own, and functions that start and stop processes. Does not import models, so that a
script can use it before Django is set up."""

import fcntl
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
"""The folder of `manage.py`."""
TIMEOUT = 30.0
"""Seconds within which a server must start or stop."""


PORTS = range(10_000, 32_000)
"""Below the ports that Linux assigns to outgoing connections: one of those could take a port before its server does."""
_reserved: list[IO[bytes]] = []


def free_port() -> int:
    """Reserves a port of 127.0.0.1 for this process until it ends. Other test processes do not get it."""
    folder = Path(tempfile.gettempdir(), "livefeed-ports")
    folder.mkdir(exist_ok=True)
    while True:
        port = random.choice(PORTS)
        lock = (folder / str(port)).open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
        else:
            _reserved.append(lock)
            return port


def wait_until(ready: Callable[[], bool], what: str, timeout: float = TIMEOUT) -> None:
    """Waits until `ready()` is true; raises `TimeoutError` with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} within {timeout:.0f} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """True if a process listens on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def process(
    command: Sequence[str], port: int, *, stop: int = signal.SIGTERM, env: dict[str, str] | None = None, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server that listens on `port` until the end of the block."""
    with log.open("ab") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:

        def is_up() -> bool:
            if server.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with {server.returncode}:\n{log.read_text()[-2000:]}")
            return answers(port)

        wait_until(is_up, f"{command[0]} is up")
        yield server
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGCONT)  # a test may have frozen it
            server.send_signal(stop)
        try:
            server.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


class Site:
    """A server of Livefeed on the test database."""

    def __init__(
        self,
        environment: dict[str, str],
        folder: Path,
        *options: str,
        tasks: bool = False,
        plain: bool = False,
        url: str = "",
    ) -> None:
        """`tasks`: with its task worker. `plain`: served by plain daphne. `url`: its public address behind a proxy."""
        self.port = free_port()
        serve = ("manage.py", "serve", "--port", str(self.port), *(() if tasks else ("--no-tasks",)), *options)
        daphne = ("-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "asgi:application")
        self._command = (sys.executable, *(daphne if plain else serve))
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment | {"PORT": str(self.port), "LIVEFEED_URL": url or self.url}
        self._log = folder / f"site-{self.port}.log"
        self._running: AbstractContextManager[subprocess.Popen[bytes]] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server on its port; may be called again after `stop`."""
        self._running = process(self._command, self.port, env=self._environment, log=self._log)
        self.process = self._running.__enter__()
        wait_until(self.is_ready, "the site is ready")

    def stop(self) -> None:
        """Stops the server. Harmless if it is not running."""
        if self._running is not None:
            self._running.__exit__(None, None, None)
            self._running = None

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.HTTPError, OSError):
            return False

    def log(self) -> str:
        return self._log.read_text()
