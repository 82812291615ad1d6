"""Mail in development: printed on the console and kept as files that /dev/mail/ shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from django.core.mail import EmailMessage as OutgoingMessage
from django.core.mail.backends.console import EmailBackend as ConsoleBackend
from django.core.mail.backends.filebased import EmailBackend as FileBackend


class DevelopmentBackend(FileBackend):
    """Writes each mail to a file of its own and to the console."""

    def send_messages(self, email_messages: Sequence[OutgoingMessage]) -> int:
        """Keeps and prints `email_messages`; returns how many there were."""
        ConsoleBackend().send_messages(email_messages)
        for message in email_messages:
            self._fname = None
            super().send_messages([message])
        return len(email_messages)


@dataclass(frozen=True)
class KeptMail:
    """A mail as /dev/mail/ shows it."""

    sent: datetime
    recipient: str
    subject: str
    text: str


def kept_mails(folder: Path, most: int = 50) -> list[KeptMail]:
    """Reads the newest `most` mails that `DevelopmentBackend` wrote to `folder`, newest first."""
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [_read(file) for file in files[:most]]


def _read(file: Path) -> KeptMail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    sent = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
    return KeptMail(sent, message["To"], message["Subject"], text.partition("\n" + "-" * 79)[0].strip())
