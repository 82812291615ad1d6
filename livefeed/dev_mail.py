"""Mail in development: printed on the console and kept as files that /dev/mail/ shows."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.mail import EmailMessage as OutgoingMessage
from django.core.mail.backends.console import EmailBackend as ConsoleBackend


class DevelopmentBackend(ConsoleBackend):
    """Prints each mail and keeps it in a file of its own."""

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(**options)
        self.folder = Path(file_path)

    def write_message(self, message: OutgoingMessage) -> None:
        super().write_message(message)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{uuid4()}.eml").write_bytes(message.message().as_bytes())


@dataclass(frozen=True)
class KeptMail:
    """A mail as /dev/mail/ shows it."""

    sent: datetime
    recipient: str
    subject: str
    text: str
    has_html: bool


def kept_mails(folder: Path, most: int = 50) -> list[KeptMail]:
    """Reads the newest `most` mails that `DevelopmentBackend` wrote to `folder`, newest first."""
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [_read(file) for file in files[:most]]


def _read(file: Path) -> KeptMail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    sent = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
    text = body.get_content().strip() if body else ""
    return KeptMail(sent, message["To"], message["Subject"], text, message.get_body(("html",)) is not None)
