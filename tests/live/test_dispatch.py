"""Dispatch: the message that each connection receives of a batch of events, without sockets or a database."""

import json
from collections.abc import Iterator
from unittest.mock import AsyncMock

import pytest

from consumers.connections.connection import Connection, Viewer
from consumers.hub.dispatch import Dispatcher
from consumers.hub.event_log import EventLog
from consumers.hub.prefetch import Prefetched
from consumers.hub.subscriptions import Subscriptions
from consumers.hub.unread_counts import UnreadCounts
from consumers.protocol.message import Message
from consumers.protocol.transport import Sender
from livefeed.live.entries import LogEntry
from livefeed.live.views import HOME

AUTHOR, OTHER, FOLLOWER, STRANGER = 1, 2, 3, 4
"""User ids."""


@pytest.fixture
def subscriptions() -> Iterator[Subscriptions]:
    subscriptions = Subscriptions()
    yield subscriptions
    for connection in list(subscriptions.connections):
        subscriptions.remove(connection)


@pytest.fixture
def dispatcher(subscriptions: Subscriptions) -> Iterator[Dispatcher]:
    log = EventLog()
    yield Dispatcher(log, subscriptions, UnreadCounts(log, subscriptions))
    log.close()


def join(subscriptions: Subscriptions, user_id: int, *followed: int, position: int = 0) -> Connection:
    """Subscribes a user's home feed that has received all events up to `position`."""
    connection = Connection(HOME, Viewer(user_id, set(followed)), Sender(AsyncMock()), "browser")
    connection.position = position
    subscriptions.add(connection)
    return connection


def posts_of(*authors: int) -> list[LogEntry]:
    """Returns an event for a new post of each author. Positions and post ids count from 1."""
    return [
        LogEntry(number, "post.created", number, author_id, 0.0, topics=frozenset({"posts", f"author:{author_id}"}))
        for number, author_id in enumerate(authors, 1)
    ]


def rendered(entries: list[LogEntry]) -> Prefetched:
    """Returns a stub for the rendered post of each event."""
    parts = {entry.subject_id: f'"id":{entry.subject_id}}}' for entry in entries}
    return Prefetched({("post", post_id): {"html": part, "json": part} for post_id, part in parts.items()})


def ids_in(message: Message) -> list[int]:
    frames = json.loads(message.text)
    return [frame["id"] for frame in (frames if isinstance(frames, list) else [frames])]


async def test_connections_that_receive_the_same_events_share_one_message(dispatcher, subscriptions):
    first = join(subscriptions, FOLLOWER, AUTHOR, OTHER)
    second = join(subscriptions, 5, AUTHOR, OTHER)
    entries = posts_of(AUTHOR, OTHER, AUTHOR)
    messages = await dispatcher.messages_for(entries, rendered(entries))
    assert ids_in(messages[first]) == [1, 2, 3]
    assert messages[first] is messages[second]


async def test_each_connection_receives_the_events_of_its_audience_and_a_stranger_receives_nothing(
    dispatcher, subscriptions
):
    follower = join(subscriptions, FOLLOWER, AUTHOR)
    both = join(subscriptions, 5, AUTHOR, OTHER)
    join(subscriptions, STRANGER)
    entries = posts_of(AUTHOR, OTHER, AUTHOR)
    messages = await dispatcher.messages_for(entries, rendered(entries))
    assert {connection: ids_in(message) for connection, message in messages.items()} == {
        follower: [1, 3],
        both: [1, 2, 3],
    }


async def test_a_connection_does_not_receive_events_up_to_its_position_again(dispatcher, subscriptions):
    joined_meanwhile = join(subscriptions, FOLLOWER, AUTHOR, OTHER, position=2)
    entries = posts_of(AUTHOR, OTHER, AUTHOR)
    messages = await dispatcher.messages_for(entries, rendered(entries))
    assert ids_in(messages[joined_meanwhile]) == [3]


async def test_a_follow_changes_the_audience_of_later_events_only(dispatcher, subscriptions):
    reader = join(subscriptions, STRANGER)
    before, after = posts_of(AUTHOR, AUTHOR)
    follow = LogEntry(2, "follow.created", AUTHOR, STRANGER, 0.0, topics=frozenset({f"user:{STRANGER}"}))
    entries = [before, follow, after._replace(position=3)]
    messages = await dispatcher.messages_for(entries, rendered([before, after]))
    reset, post = json.loads(messages[reader].text)
    assert reset["type"] == "reset"
    assert post["id"] == after.subject_id
