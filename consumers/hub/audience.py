"""Audience rules: which events are delivered to which connection, live and in replays.

The rules belong to the declarations in `livefeed/live`. A rule that hides posts from a user (a block, a private
account) belongs there, and for pages in `PostQuerySet.visible_to`.
"""

from collections.abc import Callable
from functools import partial

from consumers.connections.connection import Connection
from livefeed.live.declarations import Matcher, matcher_of
from livefeed.live.entries import LogEntry
from livefeed.live.readers import View


def should_deliver(connection: Connection, entry: LogEntry) -> bool:
    """True if a view of the connection shows the subject of an event and its viewer may see it now."""
    return _matches_any(matcher_of(entry), connection)


def shows(connection: Connection, view: View, entry: LogEntry) -> bool:
    """True if this view shows the subject of an event and the connection's viewer may see it now."""
    return matcher_of(entry)(connection, view)


def audience_of(entry: LogEntry) -> Callable[[Connection], bool]:
    """Returns `should_deliver` for one event: cheaper than the function if many connections are asked."""
    return partial(_matches_any, matcher_of(entry))


def _matches_any(matches: Matcher, connection: Connection) -> bool:
    for view in connection.views:  # noqa: SIM110  # any() would make a generator for each connection: twice the time
        if matches(connection, view):
            return True
    return False
