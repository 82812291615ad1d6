"""The mailbox of development."""

import re

import pytest
from django.core.mail import send_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def development(settings):
    """The settings of development: mail is kept for /dev/mail/."""
    settings.DEBUG = True
    options = {"file_path": str(settings.MAIL_DIR)}
    settings.MAILERS = {"default": {"BACKEND": "livefeed.dev_mail.DevelopmentBackend", "OPTIONS": options}}
    return settings


def test_without_debug_there_is_no_such_page(client, development):
    send("Hello")
    development.DEBUG = False
    response = client.get("/dev/mail/")
    assert response.status_code == 404
    assert "Hello" not in response.content.decode()


def test_an_empty_mailbox_says_what_to_do(client, development):
    page = client.get("/dev/mail/").content.decode()
    assert "No emails yet." in page
    assert '<a class="button" href="/accounts/signup/">Create an account</a>' in page


def test_every_mail_is_shown_newest_first(client, development):
    for number in range(5):
        send(f"Mail {number}")
    page = client.get("/dev/mail/").content.decode()
    assert re.findall(r"<h2>(.*?)</h2>", page) == [f"Mail {number}" for number in (4, 3, 2, 1, 0)]
    assert "<b>mara@example.org</b>" in page


def test_links_can_be_clicked_and_texts_are_whole(client, development):
    send("Grüße", f"Zażółć <b>this</b>:\n\nhttp://127.0.0.1:8000/accounts/confirm-email/MQ:1:x/\n\n{'long ' * 300}end.")
    page = client.get("/dev/mail/").content.decode()
    assert "<h2>Grüße</h2>" in page
    assert "Zażółć &lt;b&gt;this&lt;/b&gt;:" in page
    assert 'href="http://127.0.0.1:8000/accounts/confirm-email/MQ:1:x/"' in page
    assert f"{'long ' * 300}end.</div>" in page


def test_it_is_said_that_a_mail_has_an_html_part(client, development):
    send("Plain")
    send("Both", html="<p>Text.</p>")
    page = client.get("/dev/mail/").content.decode()
    assert page.count("with an HTML part") == 1
    assert page.index("Both") < page.index("with an HTML part") < page.index("Plain")


def test_mail_is_printed_too(development, capsys):
    send("Hello", "How are you?")
    assert "Subject: Hello" in capsys.readouterr().out


def send(subject: str, body: str = "Text.", html: str | None = None) -> None:
    send_mail(subject, body, "livefeed@example.org", ["mara@example.org"], html_message=html)
