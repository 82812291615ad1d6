"""The worker: runs tasks one after the other, and again after growing pauses when they fail, until it is told to end.

Tasks (livefeed/tasks.py) are rows that are written in the transaction that asks for them, so one is there exactly when
what it is about is. A worker may be killed in the middle of one: a task must do no harm when it runs twice.
"""

import logging
import os
import signal
import sys
import threading
import time
from datetime import timedelta
from types import FrameType
from typing import Any
from uuid import uuid4

from django.db import DatabaseError, close_old_connections, connections
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet

logger = logging.getLogger(__name__)

PAUSES = (10, 60, 300, 1_800, 7_200, 21_600, 43_200)
"""Seconds before each new try of a task that failed: within a day it is tried eight times. Then staff see it as failed
and can let it run again."""
INTERVAL = 1.0
"""Seconds between two looks for tasks."""
LONGEST = timedelta(minutes=15)
"""How long a task may take. One that still runs then was left by a worker that was killed, and is tried again."""
RESCUE = 60.0
"""Seconds between two looks for such."""
KEPT, KEPT_FAILED = timedelta(days=1), timedelta(days=30)
"""How long tasks stay to be looked at, once they are done or have failed for good."""


class TaskWorker(Worker):
    """Takes tasks that are due from the database. django-tasks-db's own worker begins an exclusive transaction each
    time it looks, for which SQLite's writers would wait; this one reads first, and writes when there is something."""

    def __init__(self) -> None:
        super().__init__(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=uuid4().hex,
            excluded_queue_names=[],
        )
        self._told_to_end = threading.Event()

    def run(self) -> None:
        """Works until it is told to end. While the database is away it waits."""
        rescued_at = -RESCUE
        while self.running:
            try:
                close_old_connections()
                if time.monotonic() - rescued_at > RESCUE:
                    requeue_abandoned()
                    rescued_at = time.monotonic()
                if DBTaskResult.objects.ready().exists():
                    super().run()  # until nothing is left
            except DatabaseError:
                logger.exception("The worker cannot reach its tasks and looks again.")
                connections.close_all()
            self._told_to_end.wait(INTERVAL)

    def run_task(self, db_task_result: "DBTaskResult[Any, Any]") -> None:
        """Runs a task; one that fails is put off, or has failed for good."""
        super().run_task(db_task_result)
        tried = len(db_task_result.worker_ids)
        if db_task_result.status == TaskResultStatus.FAILED and tried <= len(PAUSES):
            requeue(DBTaskResult.objects.filter(pk=db_task_result.pk), timedelta(seconds=PAUSES[tried - 1]))

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Lets the task that runs finish; told a second time, ends it, and it will be tried again."""
        if not self.running:
            sys.exit(1)
        self.running = False
        self._told_to_end.set()


def requeue(tasks: DBTaskResultQuerySet, pause: timedelta = timedelta()) -> int:
    """Lets tasks run again after a pause; what they failed with stays to be read until then. Returns how many."""
    return tasks.update(status=TaskResultStatus.READY, run_after=timezone.now() + pause, finished_at=None)


def requeue_abandoned() -> int:
    """Lets tasks run again whose worker was killed. Returns how many."""
    left = DBTaskResult.objects.running().filter(started_at__lt=timezone.now() - LONGEST)
    found = requeue(left) if left.exists() else 0
    if found:
        logger.error("%s tasks were left by a worker that was killed, and run again.", found)
    return found


def prune() -> int:
    """Forgets tasks that are done, and after a month those that failed for good. Returns how many rows went."""
    now, tasks = timezone.now(), DBTaskResult.objects
    done, _ = tasks.successful().filter(finished_at__lt=now - KEPT).delete()
    failed, _ = tasks.failed().filter(finished_at__lt=now - KEPT_FAILED).delete()
    return done + failed


def exit_with_parent() -> None:
    """Lets this process end when its parent does, however that ends: standard input is a pipe from there."""

    def wait() -> None:
        while os.read(0, 1):  # not by sys.stdin: its lock would be held when the interpreter ends
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
