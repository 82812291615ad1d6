"""Clients that send or read HTTP too slowly, while 50 others use the site: the others wait for nothing."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from livefeed.models import Export
from tests.conftest import database_url
from tests.factories import cookie_of, make_cast
from tests.faults.others import STATIC, others_are_not_delayed
from tests.stack.servers import Site, wait_until

SLOW_SECONDS = 3
"""Seconds after which a client that reads nothing is disconnected (LIVEFEED_SLOW_SECONDS), and in which a request must
arrive (LIVEFEED_REQUEST_SECONDS)."""
FILES = 200
"""Requests that each client pipelines: more than the buffers of the operating system hold."""

ENDLESS = [
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    b"POST /posts/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nbody=",
]
"""Beginnings of requests whose head or body never ends."""


@pytest.fixture
def own_site(transactional_db, tmp_path, settings) -> Iterator[Site]:
    """A site with the media folder of the tests that disconnects slow clients soon."""
    more = {
        "LIVEFEED_SLOW_SECONDS": str(SLOW_SECONDS),
        "LIVEFEED_REQUEST_SECONDS": str(SLOW_SECONDS),
        "DJANGO_SETTINGS_MODULE": "livefeed.settings",
        "LIVEFEED_MEDIA_DIR": settings.MEDIA_ROOT,
    }
    site = Site({**os.environ, "DATABASE_URL": database_url(), **more}, tmp_path)
    site.start()
    yield site
    site.stop()


def connect(site: Site) -> socket.socket:
    """Opens a connection with small buffers, so that the server notices early that nothing is read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.connect(("127.0.0.1", site.port))
    return client


def request(path: str, cookie: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()


def is_reset(client: socket.socket) -> bool:
    """True if the server has aborted the connection. Reads nothing.

    A client that does not read has no room for the reset either and learns of it when it sends something.
    """
    try:
        client.send(b"x", socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return False


def are_reset(clients: list[socket.socket]) -> bool:
    return {is_reset(client) for client in clients} == {True}


@pytest.fixture
def export(own_site) -> Iterator[Export]:
    export = Export.objects.create(user=make_cast().author, ready_at=timezone.now(), size=16 * 2**20)
    default_storage.save(export.path, ContentFile(bytes(export.size)))
    yield export
    default_storage.delete(export.path)


def test_clients_that_do_not_read_or_end_their_request_delay_no_others_and_are_cut_off(own_site, export):
    download = request("/settings/data/export.zip", cookie_of(export.user, reauthenticated=True))
    unread = [request(STATIC) * FILES] * 10 + [download] * 8
    with ExitStack() as stack:
        *readers, head, body = [stack.enter_context(connect(own_site)) for _ in [*unread, *ENDLESS]]
        with others_are_not_delayed(own_site):
            for client, sent in zip(readers, unread, strict=True):
                client.sendall(sent)
                assert client.recv(15) == b"HTTP/1.1 200 OK"
            for client, sent in zip((head, body), ENDLESS, strict=True):
                client.sendall(sent)
        wait_until(lambda: are_reset(readers), "the server has disconnected clients that do not read")
        wait_until(lambda: are_reset([head, body]), "and clients that send a byte now and then")
