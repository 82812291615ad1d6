"""Worker: tasks run once, are retried when they fail, and survive a killed worker."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.tasks import TaskResultStatus
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from livefeed.models import Event, Follow
from livefeed.tasks import worker
from livefeed.tasks.worker import RETRY_DELAYS, TaskWorker
from tests.conftest import database_url
from tests.factories import make_cast, make_user, signed_in
from tests.stack.people import Person
from tests.stack.servers import ROOT, Site, wait_until
from tests.tasks.example_tasks import fail_until, write_into
from tests.views.html import Page

pytestmark = pytest.mark.django_db(transaction=True)

ENVIRONMENT = {**os.environ, "DJANGO_SETTINGS_MODULE": "livefeed.settings", "PYTHONPATH": str(ROOT)}


@pytest.fixture(autouse=True)
def _in_the_database(settings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def run_due_tasks() -> None:
    """Runs the tasks that are due now, once."""
    super(TaskWorker, TaskWorker()).run()


def run_worker_until_idle() -> None:
    """Runs the worker's loop until no task is due, then shuts it down."""
    worker = TaskWorker()
    thread = threading.Thread(target=worker.run)
    thread.start()
    wait_until(lambda: not DBTaskResult.objects.ready().exists(), "nothing is due")
    worker.shutdown(signal.SIGTERM, None)
    thread.join(20)
    assert not thread.is_alive()


def test_a_task_runs_once(tmp_path):
    file = tmp_path / "lines"
    write_into.enqueue(str(file), "once")
    run_worker_until_idle()
    run_due_tasks()
    assert file.read_text() == "once\n"
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_a_task_enqueued_in_a_rolled_back_transaction_does_not_exist(tmp_path):
    with transaction.atomic():
        write_into.enqueue(str(tmp_path / "lines"), "never")
        transaction.set_rollback(True)
    assert not DBTaskResult.objects.exists()


def test_a_failed_task_is_retried_after_increasing_delays(tmp_path):
    fail_until.enqueue(str(tmp_path / "there"))
    delays = []
    for _ in range(len(RETRY_DELAYS)):
        before = timezone.now()
        run_due_tasks()
        task = DBTaskResult.objects.get()
        assert task.status == TaskResultStatus.READY
        assert "connection refused on purpose" in task.traceback
        delays.append(round((task.run_after - before).total_seconds()))
        run_due_tasks()  # nothing is due
        DBTaskResult.objects.update(run_after=timezone.now())
    assert all(abs(delay - expected) <= 5 for delay, expected in zip(delays, RETRY_DELAYS, strict=True))
    assert len(DBTaskResult.objects.get().worker_ids) == len(RETRY_DELAYS)
    (tmp_path / "there").touch()
    run_due_tasks()
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_staff_see_a_finally_failed_task_and_can_run_it_again(tmp_path):
    fail_until.enqueue(str(tmp_path / "there"))
    for _ in range(len(RETRY_DELAYS) + 1):
        DBTaskResult.objects.update(run_after=timezone.now())
        run_due_tasks()
    task = DBTaskResult.objects.get()
    assert task.status == TaskResultStatus.FAILED
    staff = signed_in(make_user("operator", is_staff=True, is_superuser=True))
    address = "/admin/django_tasks_database/dbtaskresult/"
    page = Page(staff.get(address))
    assert "fail_until" in page.html
    assert "ConnectionRefusedError" in page.html
    assert "connection refused on purpose" in staff.get(f"{address}{task.pk}/change/").text
    (tmp_path / "there").touch()
    answer = staff.post(address, {"action": "run_again", "_selected_action": [str(task.pk)]}, follow=True)
    assert "1 will run again." in answer.text
    run_due_tasks()
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_tasks_are_hidden_from_staff_without_permission_and_from_users():
    address = "/admin/django_tasks_database/dbtaskresult/"
    assert signed_in(make_user("helper", is_staff=True)).get(address).status_code == 403
    for client in (signed_in(make_user("stranger")), Client()):
        assert client.get(address).status_code == 302


def test_a_task_of_a_killed_worker_runs_again(tmp_path):
    write_into.enqueue(str(tmp_path / "lines"), "again")
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=timezone.now() - worker.MAX_TASK_DURATION)
    assert worker.requeue_abandoned() == 1
    assert worker.requeue_abandoned() == 0
    run_due_tasks()
    assert (tmp_path / "lines").read_text() == "again\n"


def test_a_running_task_is_not_requeued(tmp_path):
    write_into.enqueue(str(tmp_path / "lines"), "x")
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=timezone.now() - timedelta(minutes=14))
    assert worker.requeue_abandoned() == 0


def test_successful_tasks_are_deleted_after_a_day_and_failed_ones_after_a_month(tmp_path):
    old = timezone.now() - timedelta(days=2)
    recent = timezone.now() - timedelta(hours=2)
    for status in (TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED):
        for finished_at in (old, recent):
            task = write_into.enqueue(str(tmp_path), "x")
            DBTaskResult.objects.filter(pk=task.id).update(status=status, finished_at=finished_at)
    waiting = write_into.enqueue(str(tmp_path), "x")
    DBTaskResult.objects.filter(pk=waiting.id).update(enqueued_at=timezone.now() - timedelta(days=99))
    assert worker.prune() == 1
    DBTaskResult.objects.failed().update(finished_at=timezone.now() - timedelta(days=31))
    assert worker.prune() == 2
    assert DBTaskResult.objects.count() == 2


def test_an_idle_worker_only_reads(monkeypatch):
    worker = TaskWorker()
    monkeypatch.setattr(worker._stop, "wait", lambda seconds: worker.shutdown(signal.SIGTERM, None))
    with CaptureQueriesContext(connection) as queries:
        worker.run()
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SELECT", "SELECT"]


def test_the_command_ends_on_sigterm():
    """In this process; the next test has the exit code of a separate one."""
    task = write_into.enqueue(os.devnull, "by the command")
    done = DBTaskResult.objects.successful().filter(pk=task.id)

    def terminate() -> None:
        try:
            wait_until(done.exists, "the task is done")
        finally:
            connection.close()
            os.kill(os.getpid(), signal.SIGTERM)

    handlers = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)}
    signal.signal(signal.SIGTERM, lambda *_: None)  # until the command has set its own handler
    with ThreadPoolExecutor(1) as pool:
        try:
            terminated = pool.submit(terminate)
            call_command("worker")
        finally:
            for signum, handler in handlers.items():
                signal.signal(signum, handler)
        terminated.result()
    assert done.exists()


def test_a_worker_with_a_parent_ends_on_sigterm():
    task = write_into.enqueue(os.devnull, "x")
    command = [sys.executable, "manage.py", "worker", "--beside"]
    environment = ENVIRONMENT | {"DATABASE_URL": database_url()}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE) as process:
        try:
            wait_until(lambda: DBTaskResult.objects.successful().filter(pk=task.id).exists(), "it works")
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_the_worker_of_a_site_is_replaced_when_it_is_killed_and_ends_when_the_server_is(tmp_path):
    """tests/accounts/test_welcome_mail.py stops a site and its worker by SIGTERM."""
    file = tmp_path / "lines"
    site = Site(ENVIRONMENT | {"DATABASE_URL": database_url()}, tmp_path, tasks=True)
    site.start()
    try:
        assert_followers_who_asked_for_it_are_notified(site)
        finished = DBTaskResult.objects.successful().count()
        write_into.enqueue(str(file), "one")
        wait_until(lambda: DBTaskResult.objects.successful().count() == finished + 1, "the first is done")
        (killed,) = children_of(site)
        os.kill(killed, signal.SIGKILL)
        write_into.enqueue(str(file), "two")
        wait_until(lambda: DBTaskResult.objects.successful().count() == finished + 2, "the second is done")
        (worker,) = children_of(site)
        assert worker != killed
        assert site.process is not None
        site.process.kill()
    finally:
        site.stop()
    wait_until(lambda: not is_alive(worker), "the worker has ended")


def assert_followers_who_asked_for_it_are_notified(site: Site) -> None:
    """Asserts that the worker notifies them of a new post, and no stranger."""
    cast = make_cast()
    Follow.objects.set_bell(cast.follower, cast.author, True)
    with (
        Person(site, cast.follower).listen(view="shown") as follower,
        Person(site, cast.stranger).listen(view="shown") as stranger,
    ):
        assert Person(site, cast.author).send("/posts/", title="Today", body="Hello.") == 200
        assert follower.frame() == {"type": "notifications", "cursor": Event.objects.head(), "unread": 1}
        cast.author.follow(cast.stranger)  # the first frame that the stranger receives
        assert stranger.frame() == {"type": "notifications", "cursor": Event.objects.head(), "unread": 1}


def children_of(site: Site) -> list[int]:
    assert site.process is not None
    pid = site.process.pid
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
        if is_alive(int(child))
    ]


def is_alive(pid: int) -> bool:
    """True if a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
