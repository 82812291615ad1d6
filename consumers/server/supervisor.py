"""Supervisor of several worker processes on one port: starts, restarts and ends them.

Each worker listens for itself (SO_REUSEPORT), so the kernel distributes connections evenly and a worker that dies takes
only its own connections along. Workers communicate through the channel layer and the event log alone.
"""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

logger = logging.getLogger(__name__)

MIN_RESTART_INTERVAL = 1.0
"""Seconds between two starts of the same worker: one that dies at once must not keep a core busy."""


class Supervisor:
    """Runs each of `commands` with its name as LIVEFEED_WORKER, and restarts it whenever it ends."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        self._commands = commands
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        self._is_ending = False

    def run(self) -> None:
        """Runs all commands until SIGTERM or SIGINT; returns when all have ended."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._end)
        with tempfile.TemporaryDirectory(prefix="livefeed-metrics-") as metrics:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
            for name in self._commands:
                self._start(name)
            while self._running:
                self._wait_for_one(Path(metrics))

    def _start(self, name: str) -> None:
        self._started_at[name] = time.monotonic()
        self._running[name] = start(self._commands[name], name)
        if self._is_ending:  # the signal arrived after the decision to start, so `_end` did not see this process
            self._running[name].terminate()

    def _wait_for_one(self, metrics: Path) -> None:
        """Waits until a worker ends, and restarts it unless all are to end."""
        pid, _ = os.wait()
        name = next((name for name, worker in self._running.items() if worker.pid == pid), None)
        if name is None:
            return
        worker = self._running.pop(name)
        mark_process_dead(pid, str(metrics))  # type: ignore[no-untyped-call]  # prometheus-client leaves it untyped
        if not self._is_ending:
            logger.error("Worker %s ended (%s) and is started again.", name, worker.poll())
            time.sleep(max(0.0, self._started_at[name] + MIN_RESTART_INTERVAL - time.monotonic()))
            self._start(name)

    def _end(self, *_: object) -> None:
        self._is_ending = True
        for worker in tuple(self._running.values()):
            worker.terminate()


def start(command: Sequence[str], name: str, stdin: int | None = None) -> subprocess.Popen[bytes]:
    """Starts a command of this project with a name as LIVEFEED_WORKER.

    It gets a process group of its own, so that Ctrl-C reaches only this process, which then ends the command once and
    not twice.
    """
    environment = {**os.environ, "LIVEFEED_WORKER": name}
    return subprocess.Popen(command, env=environment, stdin=stdin, process_group=0)  # noqa: S603  # our own command


def this_program(*arguments: str) -> list[str]:
    """Returns the command that runs this program with other arguments."""
    return [sys.executable, sys.argv[0], *arguments]
