"""The example client of docs/websocket-clients.md, run as documented."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.connections.close_codes import BAD_TOKEN
from livefeed.models import Event, Token
from tests.factories import make_cast, make_post
from tests.stack.servers import ROOT, Site, wait_until


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The client, saved as documented."""
    page = (ROOT / "docs" / "websocket-clients.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    (tmp_path / "listen.py").write_text(code.group(1))
    return tmp_path / "listen.py"


class Client:
    """A running client."""

    def __init__(self, site: Site, program: Path, token: str) -> None:
        self._output = program.with_suffix(".txt")
        environment = {**os.environ, "LIVEFEED": site.url.replace("http", "ws"), "TOKEN": token}
        environment["VIEWS"] = "home tag:bread"
        with self._output.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, program], cwd=program.parent, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def output(self) -> list[str]:
        lines = self._output.read_text().splitlines() if self._output.exists() else []
        return [line for line in lines if not line.startswith(("hello", "heartbeat", "watching"))]

    def wait_for_output(self, *lines: str, of_other_view: str = "") -> None:
        """Waits until the client has printed these lines in this order, and nothing else but `of_other_view` anywhere:
        the events of two views that are replayed have no common order."""
        try:
            wait_until(lambda: self._has_printed(lines, of_other_view), f"the client printed {lines}")
        except TimeoutError:
            raise AssertionError(f"the client printed {self.output()}, not {lines}") from None

    def _has_printed(self, lines: tuple[str, ...], of_other_view: str) -> bool:
        output = self.output()
        if of_other_view in output:
            output.remove(of_other_view)
        elif of_other_view:
            return False
        return output == list(lines)

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


def test_the_client_receives_new_and_missed_events(start, program):
    cast = make_cast()
    token, text = Token.objects.issue(cast.follower)
    (program.parent / "cursor.txt").write_text(str(Event.objects.head()))
    client = start(text)
    first = make_post(cast.author, "One.")
    make_post(cast.stranger, "Not for them.")
    tagged = make_post(cast.stranger, "Fresh #bread")
    expected = [f"post.created {first.pk} One.", f"post.created {tagged.pk} Fresh #bread"]
    client.wait_for_output(*expected)
    client.stop()

    missed = make_post(cast.stranger, "Stale #bread")
    second = make_post(cast.author, "Two. #bread")
    pk = first.pk
    first.delete()
    again = start(text)
    expected += [f"post.created {second.pk} Two. #bread", f"post.deleted {pk} "]  # of the home feed
    again.wait_for_output(*expected, of_other_view=f"post.created {missed.pk} Stale #bread")

    token.revoke()
    wait_until(lambda: again.process.poll() is not None, "the client ends")
    assert again.output()[-1] == f"closed with {BAD_TOKEN}"
