"""Questions to this process and, through the channel layer, to the same server's other processes.

An answer is a list of values that msgpack can encode. Processes that do not answer in time are left out: how many there
are is not known.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from channels.layers import InMemoryChannelLayer, get_channel_layer

from consumers.hub.layer_notifier import HUB_GROUP

ANSWER_TIMEOUT = 0.4
"""Seconds within which the other processes may answer."""
ASKED = "peers.asked"
"""Type of the messages that ask."""

Answerer = Callable[..., list[Any]]
"""Returns what this process answers to the arguments of a question. Called on the event loop."""


class Peers:
    """Asks all processes, and answers for this one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._layer = get_channel_layer()
        self._id = uuid4().hex
        self._answerers: dict[str, Answerer] = {}

    def register(self, question: str, answerer: Answerer) -> None:
        """Sets what this process answers to a question."""
        self._answerers[question] = answerer

    def ask(self, question: str, *arguments: Any) -> list[Any]:
        """Returns the answers of all processes that answer in time, in one list.

        Called in the thread of a request. Raises `TimeoutError` if the event loop of this process does not answer.
        """
        asking = asyncio.run_coroutine_threadsafe(self._ask(question, arguments), self._loop)
        return asking.result(timeout=2 * ANSWER_TIMEOUT + 1)

    def answer(self, message: dict[str, Any]) -> None:
        """Answers a question of another process. Called on the event loop."""
        if message["from"] == self._id:
            return
        answers = self._answerers[message["question"]](*message["arguments"])
        if answers:
            reply = self._layer.send(message["reply"], {"type": "peers.answered", "answers": answers})
            self._answering = asyncio.ensure_future(_ignore_errors(reply))  # the loop itself holds no reference

    async def _ask(self, question: str, arguments: tuple[Any, ...]) -> list[Any]:
        answers = list(self._answerers[question](*arguments))
        if not isinstance(self._layer, InMemoryChannelLayer):
            await _ignore_errors(self._ask_others(question, arguments, answers))
        return answers

    async def _ask_others(self, question: str, arguments: tuple[Any, ...], answers: list[Any]) -> None:
        """Adds the answers of other processes as they arrive.

        Ends with `TimeoutError` in any case: the number of other processes is not known.
        """
        async with asyncio.timeout(ANSWER_TIMEOUT):
            channel = await self._layer.new_channel()
            message = {"type": ASKED, "question": question, "arguments": arguments, "reply": channel, "from": self._id}
            await self._layer.group_send(HUB_GROUP, message)
            while True:
                answer = await self._layer.receive(channel)
                answers += answer["answers"]


async def _ignore_errors(work: Awaitable[None]) -> None:
    """Awaits without raising.

    The answers of a process that cannot be asked are left out; `LayerNotifier` reports a failed channel layer.
    """
    with suppress(Exception):
        await work
