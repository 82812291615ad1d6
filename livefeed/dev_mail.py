"""Mail backend for development: prints emails on the console and stores them as files for /dev/mail/.

Django's file-based backend does not fit: it does not print, it appends all emails of a connection to one file, and it
ends each with a line of dashes, which a mail parser takes for part of the text.
"""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.mail import EmailMessage as OutgoingMessage
from django.core.mail.backends.console import EmailBackend as ConsoleBackend


class DevelopmentBackend(ConsoleBackend):
    """Prints each email and writes it to its own file in the folder `file_path`."""

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(**options)
        self.folder = Path(file_path)

    def write_message(self, message: OutgoingMessage) -> None:
        super().write_message(message)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{uuid4()}.eml").write_bytes(message.message().as_bytes())


@dataclass(frozen=True)
class StoredMail:
    """Email as shown at /dev/mail/."""

    sent: datetime
    recipient: str
    subject: str
    text: str
    has_html: bool


def stored_emails(folder: Path, most: int = 50) -> list[StoredMail]:
    """Reads the newest `most` emails that `DevelopmentBackend` wrote to `folder`, newest first."""
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [_read(file) for file in files[:most]]


def _read(file: Path) -> StoredMail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    sent = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
    text = body.get_content().strip() if body else ""
    return StoredMail(sent, message["To"], message["Subject"], text, message.get_body(("html",)) is not None)
