"""Worker process: runs tasks one after another and retries failed ones after increasing delays. It also shows and hides
announcements at their times.

A task (livefeed/tasks/__init__.py) is a row written in the transaction that enqueues it, so it exists exactly if the
rows it is about do. A worker can be killed during a task, so every task must be safe to run twice.
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

from livefeed.models import Announcement

logger = logging.getLogger(__name__)

RETRY_DELAYS = (10, 60, 300, 1_800, 7_200, 21_600, 43_200)
"""Seconds before each retry of a failed task: eight attempts within a day. After the last one staff see the task as
failed and can run it again."""
POLL_INTERVAL = 1.0
"""Seconds between two queries for due tasks."""
MAX_TASK_DURATION = timedelta(minutes=15)
"""Time after which a running task counts as abandoned by a killed worker, and is run again."""
RESCUE_INTERVAL = 60.0
"""Seconds between two queries for abandoned tasks."""
SUCCESSFUL_RETENTION = timedelta(days=1)
FAILED_RETENTION = timedelta(days=30)
"""Time until finished tasks are deleted; until then staff can inspect them."""


class TaskWorker(Worker):
    """Runs due tasks from the database.

    django-tasks-db's own worker starts an exclusive transaction for each query, and SQLite's writers would wait for it.
    This one reads first and starts a transaction only if a task is due.
    """

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
        self._stop = threading.Event()

    def run(self) -> None:
        """Runs tasks and shows and hides announcements at their times, until `shutdown()`. Waits while the database is
        unreachable."""
        rescued_at = -RESCUE_INTERVAL
        while self.running:
            try:
                close_old_connections()
                if time.monotonic() - rescued_at > RESCUE_INTERVAL:
                    requeue_abandoned()
                    rescued_at = time.monotonic()
                Announcement.objects.switch_due()
                if DBTaskResult.objects.ready().exists():
                    super().run()  # returns when no task is due
            except DatabaseError:
                logger.exception("The worker cannot reach the database and tries again.")
                connections.close_all()
            self._stop.wait(POLL_INTERVAL)

    def run_task(self, db_task_result: "DBTaskResult[Any, Any]") -> None:
        """Runs a task. Schedules a retry if it fails, unless that was the last attempt."""
        super().run_task(db_task_result)
        attempts = len(db_task_result.worker_ids)
        if db_task_result.status == TaskResultStatus.FAILED and attempts <= len(RETRY_DELAYS):
            delay = timedelta(seconds=RETRY_DELAYS[attempts - 1])
            requeue(DBTaskResult.objects.filter(pk=db_task_result.pk), delay)

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Stops after the current task. A second signal ends the process at once; the task is then run again."""
        if not self.running:
            sys.exit(1)
        self.running = False
        self._stop.set()


def requeue(tasks: DBTaskResultQuerySet, delay: timedelta = timedelta()) -> int:
    """Schedules tasks to run again after a delay. Their last error stays readable until then. Returns their number."""
    return tasks.update(status=TaskResultStatus.READY, run_after=timezone.now() + delay, finished_at=None)


def requeue_abandoned() -> int:
    """Schedules tasks again whose worker was killed. Returns their number."""
    abandoned = DBTaskResult.objects.running().filter(started_at__lt=timezone.now() - MAX_TASK_DURATION)
    count = requeue(abandoned) if abandoned.exists() else 0
    if count:
        logger.error("%s tasks were abandoned by a killed worker and will run again.", count)
    return count


def prune() -> int:
    """Deletes finished tasks whose retention has passed. Returns the number of deleted rows."""
    now = timezone.now()
    successful, _ = DBTaskResult.objects.successful().filter(finished_at__lt=now - SUCCESSFUL_RETENTION).delete()
    failed, _ = DBTaskResult.objects.failed().filter(finished_at__lt=now - FAILED_RETENTION).delete()
    return successful + failed


def exit_with_parent() -> None:
    """Ends this process when its parent ends, even by SIGKILL: standard input is a pipe from the parent."""

    def wait() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock would be held at interpreter exit
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
