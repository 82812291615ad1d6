"""Threads for requests: shared between clients, and busy until their work has ended."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from consumers.server import request_threads
from consumers.server.request_handler import Handler
from consumers.server.request_threads import RequestThreads, TooManyRequestsError
from tests.live.conftest import eventually

THREADS = 4


class Work:
    """A function that lasts until it is released; counts its running calls."""

    def __init__(self) -> None:
        self.running = 0
        self.released = threading.Event()

    def __call__(self) -> str:
        self.running += 1
        self.released.wait(10)
        return "done"


@pytest.fixture
def work():
    work = Work()
    yield work
    work.released.set()


def start(threads: RequestThreads, work: Callable[[], str], *clients: str) -> asyncio.Task[str]:
    return asyncio.ensure_future(threads.run(clients, work))


async def test_one_client_gets_half_of_the_threads(work):
    threads = RequestThreads(THREADS)
    greedy = [start(threads, work, f"session {number}", "address") for number in range(10)]
    await eventually(lambda: work.running == THREADS // 2)
    assert await threads.run(["other"], lambda: "answered") == "answered"
    assert work.running == THREADS // 2
    work.released.set()
    assert await asyncio.gather(*greedy) == ["done"] * 10


async def test_a_user_waits_for_one_request_of_a_greedy_user_at_the_same_address(work):
    threads = RequestThreads(THREADS)
    ended: list[asyncio.Task[str]] = []
    greedy = [start(threads, work, "greedy", "address") for _ in range(6)]
    await eventually(lambda: work.running == THREADS // 2)
    other = start(threads, lambda: "answered", "other", "address")
    await asyncio.sleep(0)  # it queues up
    for request in (*greedy, other):
        request.add_done_callback(ended.append)
    work.released.set()
    await asyncio.gather(*greedy, other)
    assert ended.index(other) <= THREADS


async def test_a_thread_is_busy_until_the_work_of_a_cancelled_request_has_ended(work):
    threads = RequestThreads(1)
    discarded: list[str] = []
    cancelled = asyncio.ensure_future(threads.run(["first"], work, discarded.append))
    await eventually(lambda: work.running == 1)
    cancelled.cancel()
    waiting = start(threads, lambda: "answered", "second")
    await asyncio.sleep(0.05)
    assert not waiting.done()
    work.released.set()
    assert await waiting == "answered"
    assert discarded == ["done"]  # a stream of files would stay open


async def test_a_client_with_too_many_requests_is_refused_and_others_are_not(work, monkeypatch):
    monkeypatch.setattr(request_threads, "MAX_REQUESTS_PER_CLIENT", 3)
    threads = RequestThreads(THREADS)
    greedy = [start(threads, work, "greedy") for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequestsError):
        await threads.run(["greedy"], work)
    assert await threads.run(["other"], lambda: "answered") == "answered"
    work.released.set()
    await asyncio.gather(*greedy)
    assert await threads.run(["greedy"], lambda: "answered") == "answered"


async def test_a_request_too_many_is_answered_with_429(monkeypatch):
    monkeypatch.setattr(request_threads, "MAX_REQUESTS_PER_CLIENT", 0)
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        "client": ("192.0.2.1", 1),
        "query_string": b"",
    }
    await Handler(1)(scope, receive, send)
    assert sent[0]["status"] == 429
    assert (b"Retry-After", b"1") in sent[0]["headers"]
