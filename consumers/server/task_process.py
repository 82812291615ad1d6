"""The task worker as a child process of a server: sending mail and notifications must not block the event loop.

It is restarted whenever it ends, and ends with the server, however the server ends.
"""

import logging
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Self

from django.conf import settings

from consumers.server.supervisor import MIN_RESTART_INTERVAL, start

logger = logging.getLogger(__name__)


class TaskProcess:
    """Context manager that keeps `command` running.

    The command's standard input is a pipe, which is closed when this process ends, even by SIGKILL.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._is_over = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep_running, name="livefeed-beside", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the command: its task may finish within LIVEFEED_GRACE_SECONDS; a second SIGTERM ends it at once."""
        self._is_over.set()
        for timeout in (settings.LIVEFEED_GRACE_SECONDS, MIN_RESTART_INTERVAL):
            with self._lock:
                if self._running is not None:
                    self._running.terminate()
            self._thread.join(timeout)

    def _keep_running(self) -> None:
        while not self._is_over.is_set():
            started_at = time.monotonic()
            status = self._run()
            if not self._is_over.wait(max(0.0, started_at + MIN_RESTART_INTERVAL - time.monotonic())):
                logger.error("The worker of tasks ended (%s) and is started again.", status)

    def _run(self) -> int:
        """Runs the command once; returns its exit status."""
        with self._lock:
            if self._is_over.is_set():
                return 0
            self._running = start(self._command, "tasks", stdin=subprocess.PIPE)
        return self._running.wait()
