"""Welcome email: enqueued in the transaction of the sign-up, sent once, retried, and the activation by its link."""

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.tasks import TaskResultStatus
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from livefeed import signals, tasks
from livefeed.accounts.adapter import AccountAdapter
from livefeed.models import Session, User
from livefeed.observability.logging import redact_keys
from tests.conftest import database_url
from tests.factories import PASSWORD, make_user, signed_in
from tests.stack.mail import MailServer, mail_server
from tests.stack.people import Person
from tests.stack.servers import ROOT, Site, free_port, wait_until
from tests.tasks.test_worker import children_of, is_alive, run_due_tasks
from tests.views.accounts import ADDRESS, MARA, path_in, reauthenticated, sign_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _public_address(settings) -> None:
    settings.LIVEFEED_URL = ADDRESS


@pytest.fixture
def queued_tasks(settings) -> None:
    """Stores tasks for the worker instead of running them at once."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def mail(queued_tasks, settings) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.MAILERS = smtp(server.port)
        yield server


def smtp(port: int) -> dict[str, Any]:
    options = {"host": "127.0.0.1", "port": port, "timeout": 5}
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content()


def saved_mara() -> User:
    return User.objects.with_username("mara").get()


# --- The email ---


def test_text_and_html_part_contain_the_same_link(client, mailoutbox):
    sign_up(client, email="o'mara&co@example.org")
    (mail,) = mailoutbox
    assert mail.to == ["o'mara&co@example.org"]
    assert mail.subject == "[Livefeed] Welcome: activate your account"
    link = ADDRESS + path_in(mail)
    html, kind = mail.alternatives[0]
    assert kind == "text/html"
    assert re.findall(r'href="([^"]*)"', html) == [link, link]
    assert f">{link}</a>" in html
    for part in (mail.body, html):
        assert "@Mara" in part
        assert "works once, for two days" in part
        assert "testserver" not in part
    assert re.search(r"<img|<script|url\(|https?://(?!feed\.example\.org)", html) is None


def test_a_sign_up_sends_one_email(client, mail):
    sign_up(client)
    assert mail.mails == []
    run_due_tasks()
    run_due_tasks()
    (only,) = mail.mails
    assert only["To"] == "mara@example.org"


def test_the_row_of_the_task_contains_no_key_and_no_address(client, mail):
    sign_up(client)
    assert DBTaskResult.objects.get().args_kwargs == {"args": [saved_mara().pk], "kwargs": {}}


def test_the_task_can_run_twice_and_sends_nothing_to_an_active_account(client, mailoutbox):
    sign_up(client)
    tasks.send_welcome.call(saved_mara().pk)
    assert len(mailoutbox) == 2
    saved_mara().activate()
    tasks.send_welcome.call(saved_mara().pk)
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("state", ["activated", "suspended", "deleted"])
def test_it_is_not_sent_to_an_activated_suspended_or_deleted_user(client, mail, state):
    sign_up(client)
    if state == "activated":
        saved_mara().activate()
    elif state == "suspended":
        User.objects.update(is_active=False)
    else:
        saved_mara().delete()
    run_due_tasks()
    assert mail.mails == []
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_a_sign_up_runs_the_same_queries_for_known_and_unknown_addresses(queued_tasks):
    make_user("lucia")
    for username in ("one", "two"):  # the first request of a process runs more queries
        unknown = queries_of_sign_up(username, f"{username}@example.org")
    assert queries_of_sign_up("mara", "lucia@example.org") == unknown


def queries_of_sign_up(username: str, email: str) -> list[str]:
    """Returns the first words of each query of a sign-up; asserts that it neither renders nor sends an email."""
    form = MARA | {"username": username, "email": email}
    with (
        CaptureQueriesContext(connection) as queries,
        patch.object(AccountAdapter, "render_mail", side_effect=AssertionError),
        patch.object(EmailMultiAlternatives, "send", side_effect=AssertionError),
    ):
        assert Client().post("/accounts/signup/", form).status_code == 302
    return [" ".join(query["sql"].split()[:2]).partition("_")[0] for query in queries]


# --- Mail server unreachable or refusing ---


def test_an_unreachable_mail_server_delays_the_email_but_not_the_sign_up(client, mail, settings):
    settings.MAILERS = smtp(free_port())
    assert sign_up(client).redirect_chain == [("/", 302)]
    run_due_tasks()
    task = DBTaskResult.objects.get()
    assert task.status == TaskResultStatus.READY
    assert task.run_after > timezone.now()
    assert "ConnectionRefusedError" in task.traceback
    settings.MAILERS = smtp(mail.port)
    run_due_tasks()  # not due yet
    assert mail.mails == []
    DBTaskResult.objects.update(run_after=timezone.now())
    run_due_tasks()
    assert len(mail.mails) == 1
    link = re.search(rf"{ADDRESS}(/accounts/confirm-email/\S+)", text_of(mail.mails[0]))
    assert link is not None
    Client().post(link[1])
    assert saved_mara().is_activated


def test_an_unreachable_mail_server_delays_other_emails_but_no_request(mail, settings):
    settings.MAILERS = smtp(free_port())
    mara = reauthenticated(make_user("mara"))
    change = {"oldpassword": PASSWORD, "password1": "another horse battery"}
    assert mara.post("/accounts/password/change/", change).status_code == 302
    assert mara.post("/accounts/email/", {"email": "new@example.org", "action_add": ""}).status_code == 302
    for email in ("mara@example.org", "nobody@example.org"):
        assert Client().post("/accounts/password/reset/", {"email": email}).status_code == 302
    run_due_tasks()
    assert {task.status for task in DBTaskResult.objects.all()} == {TaskResultStatus.READY}
    settings.MAILERS = smtp(mail.port)
    DBTaskResult.objects.update(run_after=timezone.now())
    run_due_tasks()
    assert sorted(str(each["Subject"]) for each in mail.mails) == [
        "[Livefeed] Choose a new password",
        "[Livefeed] Confirm your email",
        "[Livefeed] No account with this address",
        "[Livefeed] Your password was changed",
    ]


def test_the_row_of_the_task_contains_no_reset_link_and_the_sent_link_works(mail):
    make_user("mara")
    Client().post("/accounts/password/reset/", {"email": "Mara@example.org"})
    address = EmailAddress.objects.get()
    assert DBTaskResult.objects.get().args_kwargs == {"args": [address.user_id, address.pk], "kwargs": {}}
    run_due_tasks()
    link = re.search(rf"{ADDRESS}(/accounts/password/reset/key/\S+)", text_of(mail.mails[0]))
    assert link is not None
    assert "Choose a new password" in Client().get(link[1], follow=True).text


def test_the_answer_of_a_refusing_mail_server_is_neither_stored_nor_logged(client, queued_tasks, settings, caplog):
    with mail_server(refuses=True) as server:
        settings.MAILERS = smtp(server.port)
        sign_up(client)
        run_due_tasks()
    task = DBTaskResult.objects.get()
    assert task.status == TaskResultStatus.READY
    assert "MailRefusedError: The mail server refused: SMTPRecipientsRefused" in task.traceback
    assert "mara@" not in task.traceback
    assert "mara@" not in caplog.text


def test_a_site_without_redis_signs_users_up_and_logs_no_address_and_no_key(tmp_path):
    with mail_server() as server:
        away = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": database_url(), "LOG_LEVEL": "INFO"}
        site = Site(environment | away | {"EMAIL_URL": server.url, "DEBUG": "1"}, tmp_path, tasks=True)
        site.start()
        try:
            visitor = Person(site)
            visitor.send("/accounts/signup/", **MARA)
            wait_until(lambda: len(server.mails) == 1, "the email arrives")
            key = re.search(r"/accounts/confirm-email/([^/\s]+)/", text_of(server.mails[0]))
            assert key is not None
            assert visitor.send(f"/accounts/confirm-email/{key[1]}x/") == 404
            with pytest.raises(HTTPError, match="403"):  # a valid key, but no CSRF token
                urlopen(f"{site.url}/accounts/confirm-email/{key[1]}/", data=b"")
            visitor.send(f"/accounts/confirm-email/{key[1]}/")
            assert saved_mara().is_activated
            Person(site).send("/accounts/login/", login="mara", password=PASSWORD)
            assert Session.objects.filter(user=saved_mara()).count() == 2
            (worker,) = children_of(site)
        finally:
            site.stop()
    wait_until(lambda: not is_alive(worker), "the worker has ended")
    log = site.log()
    assert "/accounts/confirm-email/(key)/" in log
    assert key[1] not in log
    assert "mara@example.org" not in log


def test_keys_are_removed_from_log_lines():
    line = "Not Found: /accounts/confirm-email/MQ:1:x/ and /accounts/password/reset/key/1-c9-abc/"
    for record in (logging.makeLogRecord({"msg": line}), logging.makeLogRecord({"msg": "%s", "args": (line,)})):
        assert redact_keys(record)
        clean = "Not Found: /accounts/confirm-email/(key)/ and /accounts/password/reset/key/(key)/"
        assert record.getMessage() == clean


# --- Transactions ---


def test_a_rolled_back_sign_up_leaves_neither_account_nor_task(client, mail):
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("on purpose")

    user_signed_up.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            client.post("/accounts/signup/", MARA)
    finally:
        user_signed_up.disconnect(fail)
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_a_sign_up_succeeds_without_its_task_and_the_email_can_be_requested_again(client, queued_tasks, caplog):
    with patch.object(DBTaskResult.objects, "acreate", side_effect=RuntimeError("on purpose")):
        assert client.post("/accounts/signup/", MARA).status_code == 302
    assert "on purpose" in caplog.text
    assert not DBTaskResult.objects.exists()
    client.post("/accounts/activation/")
    assert DBTaskResult.objects.count() == 1


def test_a_rolled_back_activation_sends_no_signal(activated_users):
    mara = make_user("mara", activated_at=None)
    with transaction.atomic():
        assert mara.activate()
        transaction.set_rollback(True)
    assert activated_users == []
    assert not saved_mara().is_activated


def test_a_receiver_of_user_activated_that_raises_does_not_affect_the_activation(
    client, mailoutbox, activated_users, caplog
):
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("on purpose")

    sign_up(client)
    signals.user_activated.connect(fail)
    try:
        assert client.post(path_in(mailoutbox[0])).status_code == 302
    finally:
        signals.user_activated.disconnect(fail)
    assert [user.username for user in activated_users] == ["Mara"]
    assert saved_mara().is_activated
    assert "on purpose" in caplog.text


# --- Exactly once ---


@pytest.fixture
def activated_users() -> Iterator[list[User]]:
    """Users for whom `user_activated` was sent."""
    users: list[User] = []

    def receive(sender: type[User], user: User, **kwargs: Any) -> None:
        assert not connection.in_atomic_block
        users.append(user)

    signals.user_activated.connect(receive)
    yield users
    signals.user_activated.disconnect(receive)


def run_concurrently(functions: list[Callable[[], Any]]) -> list[Any]:
    """Calls functions in threads that start at the same moment. Returns their results in the order of completion."""
    results: list[Any] = []
    start = threading.Barrier(len(functions))

    def run(function: Callable[[], Any]) -> None:
        start.wait()
        try:
            results.append(function())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_concurrent_requests_activate_once(client, mailoutbox, activated_users):
    sign_up(client)
    link = path_in(mailoutbox[0])

    def press() -> int:
        return Client().post(link).status_code

    answers = run_concurrently([press] * 4)
    assert sorted(answers) == [302, 404, 404, 404]
    assert [user.username for user in activated_users] == ["Mara"]
    assert len(mailoutbox) == 1


def test_concurrent_activations_of_a_user_activate_once(activated_users):
    pk = make_user("mara", activated_at=None).pk
    users = [User.objects.get(pk=pk) for _ in range(4)]
    assert sorted(run_concurrently([user.activate for user in users])) == [False, False, False, True]
    assert len(activated_users) == 1


def test_an_activation_by_staff_sends_one_signal(activated_users):
    mara = make_user("mara", activated_at=None)
    staff = signed_in(make_user("operator", is_staff=True, is_superuser=True))
    for _ in range(2):
        staff.post("/admin/livefeed/user/", {"action": "activate", "_selected_action": [mara.pk]})
    assert activated_users == [mara]
