"""Index of connections: which of them an event may concern."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from consumers import metrics
from consumers.connections.connection import Connection, Viewer, Watch
from consumers.hub.audience import audience_of
from livefeed.live.declarations import live_model_with
from livefeed.live.entries import LogEntry
from livefeed.live.publishing import FEED_RESET
from livefeed.live.users import FOLLOWED, UNFOLLOWED


class Subscriptions:
    """Connections of one process, indexed by what they show. Follow events update it, in the order of the log."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.viewers: dict[int, Viewer] = {}
        self.visitors: Counter[str] = Counter()
        """Number of connections without a viewer, by client address."""
        self._viewers_by_author: defaultdict[int, set[Viewer]] = defaultdict(set)
        """Viewers by each author whose posts are in their home feed, which includes themselves."""
        self._by_topic: defaultdict[str, set[Connection]] = defaultdict(set)
        """Connections by the topics of their views, except the authors of home feeds: one socket may follow thousands,
        and all sockets of a user share them."""

    def add(self, connection: Connection) -> None:
        """Adds a connection. All connections of a user share the `Viewer` of the first."""
        self.connections.add(connection)
        metrics.sockets[connection.kind].inc()
        if connection.viewer is None:
            self.visitors[connection.address] += 1
        else:
            connection.viewer = self.viewers.setdefault(connection.viewer.user_id, connection.viewer)
            self._add_to_viewer(connection, connection.viewer)
        for topic in connection.topics:
            self._by_topic[topic].add(connection)

    def remove(self, connection: Connection) -> None:
        """Removes a connection with everything stored for it. Harmless if it was never added."""
        if connection not in self.connections:
            return
        self.connections.discard(connection)
        metrics.sockets[connection.kind].dec()
        for topic in connection.topics:
            _discard(self._by_topic, topic, connection)
        if connection.viewer is None:
            self.visitors[connection.address] -= 1
            if not self.visitors[connection.address]:
                del self.visitors[connection.address]
        else:
            self._remove_from_viewer(connection, connection.viewer)

    def replace_views(self, connection: Connection, watches: Iterable[Watch]) -> None:
        """Replaces the views of a connection. Only stores them if it is not subscribed any more."""
        before = connection.topics
        connection.watch(watches)
        if connection not in self.connections:
            return
        for topic in before - connection.topics:
            _discard(self._by_topic, topic, connection)
        for topic in connection.topics - before:
            self._by_topic[topic].add(connection)

    def apply(self, entry: LogEntry) -> None:
        """Applies a follow or unfollow; ignores all other events."""
        viewer = self.viewers.get(entry.actor_id)
        if viewer is None:
            return
        follow(viewer, entry)
        if entry.kind == FOLLOWED:
            self._viewers_by_author[entry.subject_id].add(viewer)
        elif entry.kind == UNFOLLOWED:
            _discard(self._viewers_by_author, entry.subject_id, viewer)

    def replace_follows(self, followed: Mapping[int, set[int]]) -> None:
        """Replaces the authors that each viewer follows by those read from the database, by user id."""
        for user_id, authors in followed.items():
            viewer = self.viewers.get(user_id)
            if viewer is None:
                continue
            for author_id in viewer.followed - authors:
                _discard(self._viewers_by_author, author_id, viewer)
            for author_id in authors - viewer.followed:
                self._viewers_by_author[author_id].add(viewer)
            viewer.followed = authors

    def followers_of(self, author_id: int) -> Iterable[Viewer]:
        """Returns the connected followers of an author, and the author if connected."""
        return self._viewers_by_author.get(author_id, ())

    def candidates(self, entry: LogEntry) -> Collection[Connection]:
        """Returns the connections that share a topic with an event; `should_deliver` decides for each."""
        groups = [group for each in self._groups(entry) if (group := list(each))]
        return groups[0] if len(groups) == 1 else set().union(*groups)

    def audience_key(self, entry: LogEntry) -> object:
        """Returns a key that consecutive entries share if they concern the same connections.

        That is known for new rows of one actor with the same audience and topics, apart from the topic of the row
        itself, unless a page of the row is open. All other entries have a key of their own.
        """
        live_model = live_model_with(entry.kind)
        if live_model is None or entry.kind != live_model.created:
            return entry.position
        own_topic = f"{live_model.name}:{entry.subject_id}"
        if own_topic in self._by_topic:
            return entry.position
        return entry.kind, entry.actor_id, entry.audience, entry.topics - {own_topic}

    def has_audience(self, entry: LogEntry) -> bool:
        """True if an event must be delivered to any connection."""
        is_in_audience = audience_of(entry)
        return any(is_in_audience(connection) for group in self._groups(entry) for connection in group)

    def _groups(self, entry: LogEntry) -> Iterator[Iterable[Connection]]:
        """Yields the connections that receive the events of each topic of an event. Some may be in several groups."""
        if entry.kind == FEED_RESET:
            yield self.connections
            return
        for topic in entry.topics:
            if topic in self._by_topic:
                yield self._by_topic[topic]
            name, _, key = topic.partition(":")
            if name == "author":
                yield self._home_feeds_with(int(key))
            elif name == "user" and (viewer := self.viewers.get(int(key))):
                yield viewer.connections

    def _home_feeds_with(self, author_id: int) -> Iterator[Connection]:
        """Yields the connections with the home feed of a follower of the author, or of the author."""
        viewers = self._viewers_by_author.get(author_id, ())
        return (connection for viewer in viewers for connection in viewer.connections if connection.has_home)

    def _add_to_viewer(self, connection: Connection, viewer: Viewer) -> None:
        if not viewer.connections:
            for author_id in (viewer.user_id, *viewer.followed):
                self._viewers_by_author[author_id].add(viewer)
        viewer.connections += (connection,)

    def _remove_from_viewer(self, connection: Connection, viewer: Viewer) -> None:
        viewer.connections = tuple(other for other in viewer.connections if other is not connection)
        if not viewer.connections:
            del self.viewers[viewer.user_id]
            for author_id in (viewer.user_id, *viewer.followed):
                _discard(self._viewers_by_author, author_id, viewer)


def follow(viewer: Viewer, entry: LogEntry) -> None:
    """Applies the viewer's own follow or unfollow to the authors the viewer follows; ignores all other events."""
    if entry.actor_id == viewer.user_id:
        if entry.kind == FOLLOWED:
            viewer.followed.add(entry.subject_id)
        elif entry.kind == UNFOLLOWED:
            viewer.followed.discard(entry.subject_id)


def _discard[K, V](sets: defaultdict[K, set[V]], key: K, value: V) -> None:
    """Removes `value` from the set under `key`, and the set once it is empty."""
    if key in sets:
        sets[key].discard(value)
        if not sets[key]:
            del sets[key]
