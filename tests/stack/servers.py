"""Real servers for the tests: PostgreSQL, Redis and daphne, each on a free port of 127.0.0.1, stopped at the end."""

import fcntl
import os
import random
import shutil
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

from tests import needs

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds a server has to come up or to go."""


PORTS = range(10_000, 32_000)
"""Below the ports that Linux gives to outgoing connections: those could take a port before its server does."""
_reserved: list[IO[bytes]] = []


def free_port() -> int:
    """Reserves a port of 127.0.0.1 for this process, until it ends. Other test processes will not be given it."""
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


def wait_until(ready: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Waits until `ready()`; raises `TimeoutError` naming `what` after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} within {patience:.0f} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether somebody listens on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def process(
    command: Sequence[str], port: int, *, stop: int = signal.SIGTERM, env: dict[str, str] | None = None, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that listens on `port` for as long as the block runs."""
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
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def redis(port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis without persistence: its URL and its process."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="livefeed-redis-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with process(command, port, log=Path(folder) / "log") as server:
            yield f"redis://127.0.0.1:{port}/0", server


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL with one empty database: its URL. It will not run as root, so root hands it to `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="livefeed-postgresql-"))
    port = free_port()
    as_user: list[str] = []
    owner = "postgres"
    if os.geteuid() == 0:
        shutil.chown(folder, owner, owner)
        as_user = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"]
    try:
        initdb = [
            needs.postgres("initdb") or "initdb",
            "-D",
            f"{folder}/data",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
        ]
        options = ["--no-locale", "--no-sync"]
        subprocess.run([*as_user, *initdb, *options], check=True, stdout=subprocess.DEVNULL, cwd="/")
        settings = ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=200"]
        command = [
            *as_user,
            needs.postgres("postgres") or "postgres",
            "-D",
            f"{folder}/data",
            "-k",
            str(folder),
            "-p",
            str(port),
        ]
        command += [word for setting in settings for word in ("-c", setting)]
        with process(command, port, stop=signal.SIGINT, log=folder.with_suffix(".log")):
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)


class Site:
    """A server of Livefeed on the test's own database, with a Redis of its own where there is one."""

    def __init__(
        self,
        environment: dict[str, str],
        folder: Path,
        *options: str,
        tasks: bool = False,
        plain: bool = False,
        url: str = "",
    ) -> None:
        """`tasks`: with its worker. `plain`: by daphne itself. `url`: its public address, if a proxy has that."""
        self.port = free_port()
        ours = ("manage.py", "serve", "--port", str(self.port), *(() if tasks else ("--no-tasks",)), *options)
        daphnes = ("-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "asgi:application")
        self._command = (sys.executable, *(daphnes if plain else ours))
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment | {"PORT": str(self.port), "LIVEFEED_URL": url or self.url}
        self._log = folder / f"site-{self.port}.log"
        self._running: AbstractContextManager[subprocess.Popen[bytes]] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it on its port, again if it was stopped."""
        self._running = process(self._command, self.port, env=self._environment, log=self._log)
        self.process = self._running.__enter__()
        wait_until(self.is_ready, "the site is ready")

    def stop(self) -> None:
        """Stops it; harmless if it is not running."""
        if self._running is not None:
            self._running.__exit__(None, None, None)
            self._running = None

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.HTTPError, OSError):
            return False

    def log(self) -> str:
        return self._log.read_text()
