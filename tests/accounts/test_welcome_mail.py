"""The welcome mail: asked for in the transaction of the sign-up, sent once, late if need be; and what it opens."""

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
from tests.tasks.test_worker import work
from tests.views.accounts import ADDRESS, MARA, path_in, reauthenticated, sign_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _public_address(settings) -> None:
    settings.LIVEFEED_URL = ADDRESS


@pytest.fixture
def later(settings) -> None:
    """Tasks wait for the worker."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def mail(later, settings) -> Iterator[MailServer]:
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


def person() -> User:
    return User.objects.with_username("mara").get()


# --- The mail ---


def test_it_has_a_text_and_an_html_part_that_lead_to_the_same_link(client, mailoutbox):
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


def test_one_mail_for_one_sign_up(client, mail):
    sign_up(client)
    assert mail.mails == []
    work()
    work()
    (only,) = mail.mails
    assert only["To"] == "mara@example.org"


def test_no_key_and_no_address_lies_in_the_row_of_the_task(client, mail):
    sign_up(client)
    assert DBTaskResult.objects.get().args_kwargs == {"args": [person().pk], "kwargs": {}}


def test_run_twice_it_opens_the_same_account_and_not_once_it_is_activated(client, mailoutbox):
    sign_up(client)
    tasks.send_welcome.call(person().pk)
    assert len(mailoutbox) == 2
    person().activate()
    tasks.send_welcome.call(person().pk)
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("what", ["activated", "suspended", "gone"])
def test_it_is_not_sent_to_whom_it_is_no_longer_for(client, mail, what):
    sign_up(client)
    if what == "activated":
        person().activate()
    elif what == "suspended":
        User.objects.update(is_active=False)
    else:
        person().delete()
    work()
    assert mail.mails == []
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_a_sign_up_does_the_same_whether_the_address_is_known_or_not(later):
    make_user("lucia")
    for username in ("one", "two"):  # the first request of a process looks up more
        unknown = queries_of_sign_up(username, f"{username}@example.org")
    assert queries_of_sign_up("mara", "lucia@example.org") == unknown


def queries_of_sign_up(username: str, email: str) -> list[str]:
    """The beginnings of the queries of a sign-up, in which nothing is rendered for a mail, nor sent."""
    form = MARA | {"username": username, "email": email}
    with (
        CaptureQueriesContext(connection) as queries,
        patch.object(AccountAdapter, "render_mail", side_effect=AssertionError),
        patch.object(EmailMultiAlternatives, "send", side_effect=AssertionError),
    ):
        assert Client().post("/accounts/signup/", form).status_code == 302
    return [" ".join(query["sql"].split()[:2]).partition("_")[0] for query in queries]


# --- A mail server that is down ---


def test_it_delays_the_mail_and_never_the_sign_up(client, mail, settings):
    settings.MAILERS = smtp(free_port())
    assert sign_up(client).redirect_chain == [("/", 302)]
    work()
    task = DBTaskResult.objects.get()
    assert task.status == TaskResultStatus.READY
    assert task.run_after > timezone.now()
    assert "ConnectionRefusedError" in task.traceback
    settings.MAILERS = smtp(mail.port)
    work()  # not due yet
    assert mail.mails == []
    DBTaskResult.objects.update(run_after=timezone.now())
    work()
    assert len(mail.mails) == 1
    link = re.search(rf"{ADDRESS}(/accounts/confirm-email/\S+)", text_of(mail.mails[0]))
    assert link is not None
    Client().post(link[1])
    assert person().is_activated


def test_it_delays_other_mails_too_and_no_request(mail, settings):
    settings.MAILERS = smtp(free_port())
    mara = reauthenticated(make_user("mara"))
    change = {"oldpassword": PASSWORD, "password1": "another horse battery"}
    assert mara.post("/accounts/password/change/", change).status_code == 302
    assert mara.post("/accounts/email/", {"email": "new@example.org", "action_add": ""}).status_code == 302
    for email in ("mara@example.org", "nobody@example.org"):
        assert Client().post("/accounts/password/reset/", {"email": email}).status_code == 302
    work()
    assert {task.status for task in DBTaskResult.objects.all()} == {TaskResultStatus.READY}
    settings.MAILERS = smtp(mail.port)
    DBTaskResult.objects.update(run_after=timezone.now())
    work()
    assert sorted(str(each["Subject"]) for each in mail.mails) == [
        "[Livefeed] Choose a new password",
        "[Livefeed] Confirm your email",
        "[Livefeed] No account with this address",
        "[Livefeed] Your password was changed",
    ]


def test_no_reset_link_lies_in_the_row_of_a_task_and_the_one_sent_works(mail):
    make_user("mara")
    Client().post("/accounts/password/reset/", {"email": "Mara@example.org"})
    address = EmailAddress.objects.get()
    assert DBTaskResult.objects.get().args_kwargs == {"args": [address.user_id, address.pk], "kwargs": {}}
    work()
    link = re.search(rf"{ADDRESS}(/accounts/password/reset/key/\S+)", text_of(mail.mails[0]))
    assert link is not None
    assert "Choose a new password" in Client().get(link[1], follow=True).text


def test_what_a_mail_server_says_when_it_refuses_stands_nowhere(client, later, settings, caplog):
    with mail_server(refuses=True) as server:
        settings.MAILERS = smtp(server.port)
        sign_up(client)
        work()
    task = DBTaskResult.objects.get()
    assert task.status == TaskResultStatus.READY
    assert "MailRefusedError: The mail server refused: SMTPRecipientsRefused" in task.traceback
    assert "mara@" not in task.traceback
    assert "mara@" not in caplog.text


def test_a_real_site_whose_redis_is_away_lets_people_in_and_logs_no_address_no_link_and_no_key(tmp_path):
    with mail_server() as server:
        away = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": database_url(), "LOG_LEVEL": "INFO"}
        site = Site(environment | away | {"EMAIL_URL": server.url, "DEBUG": "1"}, tmp_path, tasks=True)
        site.start()
        try:
            visitor = Person(site)
            visitor.send("/accounts/signup/", **MARA)
            wait_until(lambda: len(server.mails) == 1, "the mail has come")
            key = re.search(r"/accounts/confirm-email/([^/\s]+)/", text_of(server.mails[0]))
            assert key is not None
            assert visitor.send(f"/accounts/confirm-email/{key[1]}x/") == 404
            with pytest.raises(HTTPError, match="403"):  # no token, but the key is right
                urlopen(f"{site.url}/accounts/confirm-email/{key[1]}/", data=b"")
            visitor.send(f"/accounts/confirm-email/{key[1]}/")
            assert person().is_activated
            Person(site).send("/accounts/login/", login="mara", password=PASSWORD)
            assert Session.objects.filter(user=person()).count() == 2
        finally:
            site.stop()
    log = site.log()
    assert "/accounts/confirm-email/(key)/" in log
    assert key[1] not in log
    assert "mara@example.org" not in log


def test_keys_are_taken_out_of_any_line():
    said = "Not Found: /accounts/confirm-email/MQ:1:x/ and /accounts/password/reset/key/1-c9-abc/"
    for record in (logging.makeLogRecord({"msg": said}), logging.makeLogRecord({"msg": "%s", "args": (said,)})):
        assert redact_keys(record)
        clean = "Not Found: /accounts/confirm-email/(key)/ and /accounts/password/reset/key/(key)/"
        assert record.getMessage() == clean


# --- Transactions ---


def test_a_sign_up_that_is_rolled_back_leaves_neither_account_nor_task(client, mail):
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


def test_a_task_that_cannot_be_written_fails_no_sign_up_and_can_be_asked_for_again(client, later, caplog):
    with patch.object(DBTaskResult.objects, "acreate", side_effect=RuntimeError("on purpose")):
        assert client.post("/accounts/signup/", MARA).status_code == 302
    assert "on purpose" in caplog.text
    assert not DBTaskResult.objects.exists()
    client.post("/accounts/activation/")
    assert DBTaskResult.objects.count() == 1


def test_an_activation_that_is_rolled_back_is_not_told(told):
    mara = make_user("mara", activated_at=None)
    with transaction.atomic():
        assert mara.activate()
        transaction.set_rollback(True)
    assert told == []
    assert not person().is_activated


def test_who_hears_of_it_after_the_commit_may_raise(client, mailoutbox, told, caplog):
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("on purpose")

    sign_up(client)
    signals.user_activated.connect(fail)
    try:
        assert client.post(path_in(mailoutbox[0])).status_code == 302
    finally:
        signals.user_activated.disconnect(fail)
    assert [user.username for user in told] == ["Mara"]
    assert person().is_activated
    assert "on purpose" in caplog.text


# --- Once ---


@pytest.fixture
def told() -> Iterator[list[User]]:
    """Who was told to be activated."""
    heard: list[User] = []

    def receive(sender: type[User], user: User, **kwargs: Any) -> None:
        assert not connection.in_atomic_block
        heard.append(user)

    signals.user_activated.connect(receive)
    yield heard
    signals.user_activated.disconnect(receive)


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each of several acts gives that begin at the same moment."""
    given: list[Any] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> None:
        start.wait()
        try:
            given.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def test_several_tabs_that_press_the_button_at_once_activate_once(client, mailoutbox, told):
    sign_up(client)
    link = path_in(mailoutbox[0])

    def press() -> int:
        return Client().post(link).status_code

    answers = at_once([press] * 4)
    assert sorted(answers) == [302, 404, 404, 404]
    assert [user.username for user in told] == ["Mara"]
    assert len(mailoutbox) == 1


def test_several_activations_of_a_person_at_once_are_one(told):
    pk = make_user("mara", activated_at=None).pk
    people = [User.objects.get(pk=pk) for _ in range(4)]
    assert sorted(at_once([person.activate for person in people])) == [False, False, False, True]
    assert len(told) == 1


def test_staff_activating_is_told_too(told):
    mara = make_user("mara", activated_at=None)
    staff = signed_in(make_user("operator", is_staff=True, is_superuser=True))
    for _ in range(2):
        staff.post("/admin/livefeed/user/", {"action": "activate", "_selected_action": [mara.pk]})
    assert told == [mara]
