"""The client in docs/websocket-clients.md, run as it stands there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livefeed.models import Event, Token
from tests.factories import make_cast, make_post
from tests.stack.servers import ROOT, Site, wait_until


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The client, saved as the page says."""
    page = (ROOT / "docs" / "websocket-clients.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    (tmp_path / "listen.py").write_text(code.group(1))
    return tmp_path / "listen.py"


class Client:
    """The client, running."""

    def __init__(self, site: Site, program: Path, token: str) -> None:
        self._said = program.with_suffix(".txt")
        environment = {**os.environ, "LIVEFEED": site.url.replace("http", "ws"), "TOKEN": token}
        with self._said.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, program], cwd=program.parent, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def said(self) -> list[str]:
        lines = self._said.read_text().splitlines() if self._said.exists() else []
        return [line for line in lines if not line.startswith(("hello", "heartbeat"))]

    def until_it_says(self, *lines: str) -> None:
        try:
            wait_until(lambda: self.said() == list(lines), f"it said {lines}")
        except TimeoutError:
            raise AssertionError(f"it said {self.said()}, not {lines}") from None

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def start(site: Site, program: Path) -> Iterator[object]:
    running: list[Client] = []

    def begin(token: str) -> Client:
        running.append(Client(site, program, token))
        return running[-1]

    yield begin
    for client in running:
        client.stop()


def test_it_is_told_what_happens_and_what_it_missed(start, program):
    cast = make_cast()
    token, text = Token.objects.issue(cast.follower)
    (program.parent / "cursor.txt").write_text(str(Event.objects.head()))
    client = start(text)
    first = make_post(cast.author, "One.")
    make_post(cast.stranger, "Not for them.")
    client.until_it_says(f"post.created {first.pk} One.")
    client.stop()

    second = make_post(cast.author, "Two.")
    pk = first.pk
    first.delete()
    again = start(text)
    told = [f"post.created {pk} One.", f"post.created {second.pk} Two.", f"post.deleted {pk} "]
    again.until_it_says(*told)

    token.revoke()
    wait_until(lambda: again.process.poll() is not None, "it ends")
    assert again.said()[-1] == "closed with 3503"
