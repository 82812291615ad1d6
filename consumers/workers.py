"""Several processes on one port: started, watched, and ended together.

Each listens for itself (SO_REUSEPORT), so the kernel spreads connections evenly and a worker that dies takes only its
own along. They know each other by the channel layer and the log alone.
"""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

logger = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds at least between two starts of the same worker: one that dies at once must not keep a core busy."""


class Workers:
    """Runs `command` `count` times, each with a LIVEFEED_WORKER of its own, and again whenever one ends."""

    def __init__(self, command: Sequence[str], count: int) -> None:
        self._command = command
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._numbers = range(1, count + 1)
        self._started_at: dict[int, float] = {}
        self._is_ending = False

    def run(self) -> None:
        """Runs them until SIGTERM or SIGINT; returns when all have ended in order."""
        for end in (signal.SIGTERM, signal.SIGINT):
            signal.signal(end, self._end)
        with tempfile.TemporaryDirectory(prefix="livefeed-metrics-") as metrics:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
            for number in self._numbers:
                self._start(number)
            while self._running:
                self._wait_for_one(Path(metrics))

    def _start(self, number: int) -> None:
        self._started_at[number] = time.monotonic()
        environment = {**os.environ, "LIVEFEED_WORKER": str(number)}
        self._running[number] = subprocess.Popen(self._command, env=environment)  # noqa: S603  # our own words
        if self._is_ending:  # told to end between the decision and the start
            self._running[number].terminate()

    def _wait_for_one(self, metrics: Path) -> None:
        pid, _ = os.wait()
        number = next((number for number, worker in self._running.items() if worker.pid == pid), None)
        if number is None:
            return
        worker = self._running.pop(number)
        mark_process_dead(pid, str(metrics))  # type: ignore[no-untyped-call]  # shipped so
        if not self._is_ending:
            logger.error("Worker %s ended (%s) and is started again.", number, worker.poll())
            time.sleep(max(0.0, self._started_at[number] + PAUSE - time.monotonic()))
            self._start(number)

    def _end(self, *_: object) -> None:
        self._is_ending = True
        for worker in tuple(self._running.values()):
            worker.terminate()


def command_of_worker(host: str, port: int) -> list[str]:
    """What each worker runs: this program again."""
    return [sys.executable, sys.argv[0], "serve", "--host", host, "--port", str(port), "--shared"]
