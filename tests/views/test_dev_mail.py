"""The development mailbox."""

import re

import pytest
from django.core.mail import send_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def development(settings):
    """Development settings: mail is stored for /dev/mail/."""
    settings.DEBUG = True
    options = {"file_path": str(settings.MAIL_DIR)}
    settings.MAILERS = {"default": {"BACKEND": "livefeed.dev_mail.DevelopmentBackend", "OPTIONS": options}}
    return settings


def test_without_debug_it_is_404(client, development):
    send("Hello")
    development.DEBUG = False
    response = client.get("/dev/mail/")
    assert response.status_code == 404
    assert "Hello" not in response.content.decode()


def test_an_empty_mailbox_has_instructions(client, development):
    page = client.get("/dev/mail/").content.decode()
    assert "No emails yet." in page
    assert '<a class="button" href="/accounts/signup/">Create an account</a>' in page


def test_every_mail_is_shown_newest_first(client, development):
    for number in range(5):
        send(f"Mail {number}")
    page = client.get("/dev/mail/").content.decode()
    assert re.findall(r"<h2>(.*?)</h2>", page) == [f"Mail {number}" for number in (4, 3, 2, 1, 0)]
    assert "<b>mara@example.org</b>" in page


def test_links_are_clickable_and_texts_complete(client, development):
    send("Grüße", f"Zażółć <b>this</b>:\n\nhttp://127.0.0.1:8000/accounts/confirm-email/MQ:1:x/\n\n{'long ' * 300}end.")
    page = client.get("/dev/mail/").content.decode()
    assert "<h2>Grüße</h2>" in page
    assert "Zażółć &lt;b&gt;this&lt;/b&gt;:" in page
    assert 'href="http://127.0.0.1:8000/accounts/confirm-email/MQ:1:x/"' in page
    assert f"{'long ' * 300}end.</div>" in page


def test_an_html_part_is_mentioned(client, development):
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
