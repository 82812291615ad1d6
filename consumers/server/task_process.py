"""The worker of tasks as a process beside a server: mail and notifications of many must not stand in the event loop's
way. It is started again whenever it ends, and ends with the server, however that ends."""

import logging
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Self

from django.conf import settings

from consumers.server.supervisor import PAUSE, start

logger = logging.getLogger(__name__)


class TaskProcess:
    """Runs `command` for as long as the block lasts. The command has a pipe for its standard input, which is closed
    when this process ends, even by SIGKILL."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._is_over = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="livefeed-beside", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Lets it finish what it does; after LIVEFEED_GRACE_SECONDS it must leave that for the next time."""
        self._is_over.set()
        for patience in (settings.LIVEFEED_GRACE_SECONDS, PAUSE):
            with self._lock:
                if self._running is not None:
                    self._running.terminate()
            self._thread.join(patience)

    def _keep(self) -> None:
        while not self._is_over.is_set():
            began = time.monotonic()
            status = self._run()
            if not self._is_over.wait(max(0.0, began + PAUSE - time.monotonic())):
                logger.error("The worker of tasks ended (%s) and is started again.", status)

    def _run(self) -> int:
        with self._lock:
            if self._is_over.is_set():
                return 0
            self._running = start(self._command, "tasks", stdin=subprocess.PIPE)
        return self._running.wait()
