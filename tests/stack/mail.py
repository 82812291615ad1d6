"""A mail server for tests, which accepts every mail or refuses each recipient."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """Port of a mail server, and the mails it has accepted."""

    port: int = 0
    refuses: bool = False
    mails: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_server(*, refuses: bool = False) -> Iterator[MailServer]:
    """Runs a mail server until the end of the block."""
    state = MailServer(refuses=refuses)

    class Session(socketserver.StreamRequestHandler):
        """SMTP session of one client."""

        def handle(self) -> None:
            self.reply("220 here")
            while line := self.rfile.readline():
                verb = line.split(None, 1)[0].upper() if line.strip() else b""
                if verb == b"RCPT" and state.refuses:
                    self.reply(f"550 {line.decode().partition(':')[2].strip()} is unknown here")
                elif verb == b"DATA":
                    self.receive_mail()
                elif verb == b"QUIT":
                    return self.reply("221 bye")
                else:
                    self.reply("250 yes")
            return None

        def receive_mail(self) -> None:
            self.reply("354 go on")
            text = b""
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                text += line.removeprefix(b".")
            state.mails.append(message_from_bytes(text, policy=policy.default))
            self.reply("250 taken")

        def reply(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
