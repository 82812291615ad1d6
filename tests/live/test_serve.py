"""The launcher: limits, graceful shutdown, several workers, and reloading."""

import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from consumers.connections.close_codes import RESTARTING
from consumers.server.supervisor import Supervisor
from livefeed.models import Event, Export, Post, User
from tests.conftest import database_url, with_empty_database
from tests.factories import cookie_of, make_cast, make_user
from tests.stack.people import Listener, Person
from tests.stack.servers import ROOT, Site, free_port, redis, wait_until

CROWD = 150


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url(), **more}


@pytest.fixture(scope="module")
def _site_of_its_own(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = {"DJANGO_SETTINGS_MODULE": "livefeed.settings", "LIVEFEED_MEDIA_DIR": settings.MEDIA_ROOT}
    limits = {"LIVEFEED_SOCKETS_PER_PERSON": str(CROWD), "LIVEFEED_GRACE_SECONDS": "2"}
    site = Site(environment(**folder, **limits), tmp_path_factory.mktemp("own"))
    yield site
    site.stop()


@pytest.fixture
def own_site(_site_of_its_own: Site, transactional_db: None) -> Site:
    """A site that the test may end, with the media folder of the tests; a user may hold CROWD sockets there."""
    return with_empty_database(_site_of_its_own)


def metrics(site: Site) -> str:
    with urllib.request.urlopen(f"{site.url}/metrics", timeout=5) as answer:
        return answer.read().decode()


def readiness(site: Site) -> int:
    """Returns the status of /readyz; 0 without an answer."""
    try:
        with urllib.request.urlopen(f"{site.url}/readyz", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def close_code(listener: Listener) -> int:
    """Returns the close code of the server; 1006 without one."""
    try:
        while True:
            listener.socket.recv(timeout=10)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


def test_a_message_that_is_too_long_closes_its_socket_and_no_other(site):
    cast = make_cast()
    with (
        Person(site, cast.follower).listen(view="home") as talker,
        Person(site, cast.follower).listen(view="home") as other,
        Person(site, cast.stranger).listen(view="home") as stranger,
    ):
        talker.socket.send("x" * 5_000)
        assert close_code(talker) == 1009
        assert Person(site, cast.author).send("/posts/", body="Still here.") == 200
        assert other.frame()["type"] == "post.created"
        assert Person(site, cast.stranger).send("/@author/follow/") == 200
        assert stranger.frame()["type"] == "reset"


def memory_of(pid: int) -> int:
    """Returns the resident memory of a process, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def settled_memory(pid: int, client: socket.socket) -> int:
    """Waits until the server has filled the buffers of a client that does not read; returns its memory in bytes.

    The buffers are full when in ten checks neither the memory of the process has grown by more than 64 KiB nor the
    number of bytes that wait at the client.
    """
    unchanged = 0
    memory = 0
    unread = 0
    while unchanged < 10:
        time.sleep(0.05)
        has_grown = memory_of(pid) > memory + 65_536 or unread_bytes(client) > unread
        unchanged = 0 if has_grown else unchanged + 1
        memory = max(memory, memory_of(pid))
        unread = max(unread, unread_bytes(client))
    return memory


def unread_bytes(client: socket.socket) -> int:
    """Returns the number of bytes that wait in a socket's receive buffer."""
    (count,) = struct.unpack("i", fcntl.ioctl(client, termios.FIONREAD, bytes(4)))
    return int(count)


def test_a_client_that_does_not_read_a_large_export_costs_no_memory(own_site):
    cast = make_cast()
    size = 64 * 1024 * 1024
    export = Export.objects.create(user=cast.author, ready_at=timezone.now(), size=size)
    default_storage.save(export.path, ContentFile(os.urandom(1024) * (size // 1024)))
    assert own_site.process is not None
    with socket.create_connection(("127.0.0.1", own_site.port)) as client:
        before = memory_of(own_site.process.pid)
        cookie = cookie_of(cast.author, reauthenticated=True)
        head = f"GET /settings/data/export.zip HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
        client.sendall(f"{head}Connection: close\r\n\r\n".encode())
        answer = client.recv(1000)
        assert b"200 OK" in answer
        assert metrics(own_site)  # other requests are answered meanwhile
        growth = settled_memory(own_site.process.pid, client) - before  # while the client reads nothing
        received = len(answer)
        while piece := client.recv(1 << 20):
            received += len(piece)
    assert received - answer.index(b"\r\n\r\n") - 4 == size
    assert growth < size / 4
    default_storage.delete(export.path)


def test_a_site_that_is_terminated_closes_its_sockets_and_loses_no_request(own_site):
    """Meanwhile CROWD sockets are open, one request waits for the database, and four threads post until the site no
    longer answers."""
    cast = make_cast()
    follower = Person(own_site, cast.follower)
    acknowledged: list[str] = []
    answers: list[int] = []

    def post_until_refused(number: int) -> None:
        author = Person(own_site, cast.author)
        count = 0
        with suppress(OSError):
            while author.send("/posts/", body=f"{number}-{count}") == 200:
                acknowledged.append(f"{number}-{count}")
                count += 1

    writers = [threading.Thread(target=post_until_refused, args=(number,)) for number in range(4)]
    waiting = threading.Thread(target=lambda: answers.append(follower.send("/posts/", body="In the middle of it.")))
    assert own_site.process is not None
    with ExitStack() as stack:
        crowd = [stack.enter_context(follower.listen(view="user:stranger")) for _ in range(CROWD)]
        with transaction.atomic():
            User.objects.select_for_update().get(pk=cast.follower.pk)  # the request waits for this row
            waiting.start()
            wait_until(lambda: 'requests_running{worker="1"} 2.0' in metrics(own_site), "the request runs")
            for writer in writers:
                writer.start()
            wait_until(lambda: len(acknowledged) > 20, "posts are accepted")
            own_site.process.terminate()
            wait_until(lambda: readiness(own_site) == 503, "the site is unready")
        assert {close_code(listener) for listener in crowd} == {RESTARTING}
    for thread in (*writers, waiting):
        thread.join(30)
    assert answers == [200]
    assert own_site.process.wait(20) == 0
    assert set(acknowledged) <= set(Post.objects.values_list("body", flat=True))
    assert own_site.log().count("Traceback") == 0


@pytest.fixture(scope="module")
def _site_of_two_workers(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with redis() as (address, _):
        site = Site(environment(REDIS_URL=address), tmp_path_factory.mktemp("workers"), "--workers", "2")
        yield site
        site.stop()


@pytest.fixture
def two_workers(_site_of_two_workers: Site, transactional_db: None) -> Site:
    """A site that the test may end."""
    return with_empty_database(_site_of_two_workers)


def workers_of(site: Site) -> list[int]:
    """Returns the process ids of a site's workers."""
    assert site.process is not None
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(site.process.pid)], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def test_a_killed_worker_is_restarted_and_no_post_is_missed(two_workers):
    cast = make_cast()
    wait_until(lambda: all(f'worker="{n}"' in metrics(two_workers) for n in (1, 2)), "both workers count")
    author = Person(two_workers, cast.author)
    before = workers_of(two_workers)
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(set(workers_of(two_workers)) - set(before)) == 1, "another worker is there")
    wait_until(two_workers.is_ready, "the site is ready")
    with ExitStack() as stack:
        crowd = [
            stack.enter_context(Person(two_workers, cast.follower).listen(view="home", after=Event.objects.head()))
        ]
        crowd += [stack.enter_context(Person(two_workers, cast.author).listen(view="home")) for _ in range(6)]
        stranger = stack.enter_context(Person(two_workers, cast.stranger).listen(view="home"))
        for number in range(5):
            assert author.send("/posts/", body=f"Number {number}.") == 200
        last = Post.objects.latest("pk").pk
        for listener in crowd:
            assert len(listener.posts_until(last)) == 5
        assert Person(two_workers, cast.stranger).send("/@author/follow/") == 200
        assert stranger.frame()["type"] == "reset"


def test_a_user_sees_their_own_open_pages_of_all_workers(two_workers):
    cast = make_cast()
    person = Person(two_workers, cast.follower)
    other = Person(two_workers, cast.stranger)
    with ExitStack() as stack:
        for view in ("home", "public", "user:author", "tag:tea") * 2:
            stack.enter_context(person.listen(view=view))
        stack.enter_context(other.listen(view="tag:milk"))
        for _ in range(4):  # any worker may answer
            page = person.get("/settings/sessions/")
            shown = page.split("Open now: ")[1].split("</p>")[0].strip().split(", ")
            assert sorted(shown) == sorted(["Home", "Explore", "@author", "#tea"] * 2)


def test_staff_see_the_traces_of_all_workers(two_workers):
    author = make_user("author", is_staff=True)
    person = Person(two_workers, author)
    with person.listen(view="home") as page:
        for number in range(4):
            person.send("/posts/", body=f"Morning {number}.")
            page.frame()

        pages = [person.get("/admin/live/") for _ in range(4)]

    assert all(f"Morning {number}." in text for text in pages for number in range(4))


def test_all_workers_end_with_the_supervisor(two_workers):
    assert two_workers.process is not None
    workers = workers_of(two_workers)
    two_workers.process.terminate()
    assert two_workers.process.wait(20) == 0
    assert not any(os.path.exists(f"/proc/{pid}") for pid in workers)


def test_a_taken_port_is_reported_in_one_line(site):
    command = [sys.executable, "manage.py", "serve", "--port", str(site.port)]
    result = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert f"port {site.port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_several_workers_need_a_port_and_redis(site, settings, monkeypatch):
    monkeypatch.delattr(Supervisor, "run")  # it would start them
    with pytest.raises(CommandError, match=f"port {site.port}"):
        call_command("serve", port=site.port, workers=2)
    settings.REDIS_URL = ""
    with pytest.raises(CommandError, match="set REDIS_URL"):
        call_command("serve", port=free_port(), workers=2)


def test_the_site_is_reloaded_when_the_code_changes(transactional_db, tmp_path):
    site = Site(environment(), tmp_path, "--reload")
    site.start()

    def started_at() -> str:
        return next(line for line in metrics(site).splitlines() if line.startswith("process_start_time_seconds"))

    def changed() -> bool:
        try:
            if started_at() != before:
                return True
        except OSError:
            return False
        # Repeated: the reloader may take the first change as its initial state.
        os.utime(ROOT / "consumers" / "hub" / "time_slice.py")
        return False

    try:
        before = started_at()
        wait_until(changed, "the site has started again")
    finally:
        site.stop()
