"""Index of connections: which of them an event may concern."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain

from consumers import metrics
from consumers.connections.connection import Connection, Viewer
from consumers.hub.audience import should_deliver
from consumers.hub.log_entry import POST_CREATED, Kind, LogEntry


class Subscriptions:
    """Connections of one process, indexed by what they show. Follow events update it, in the order of the log."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.viewers: dict[int, Viewer] = {}
        self.visitors: Counter[str] = Counter()
        """Number of connections without a viewer, by client address."""
        self._viewers_by_author: defaultdict[int, set[Viewer]] = defaultdict(set)
        """Viewers by each author whose posts are in their home feed, which includes themselves."""
        self._by_view: defaultdict[tuple[str, int | str], set[Connection]] = defaultdict(set)
        """Connections by kind and key of the view, except home feeds."""
        self._post_pages_by_author: defaultdict[int, set[Connection]] = defaultdict(set)

    def add(self, connection: Connection) -> None:
        """Adds a connection. All connections of a user share the `Viewer` of the first."""
        self.connections.add(connection)
        metrics.sockets[connection.kind].inc()
        if connection.viewer is None:
            self.visitors[connection.address] += 1
        else:
            connection.viewer = self.viewers.setdefault(connection.viewer.user_id, connection.viewer)
            self._add_to_viewer(connection, connection.viewer)
        view = connection.view
        for key in view.keys:
            self._by_view[view.kind, key].add(connection)
        if view.kind == "post":
            self._post_pages_by_author[view.author_id].add(connection)

    def remove(self, connection: Connection) -> None:
        """Removes a connection with everything stored for it. Harmless if it was never added."""
        if connection not in self.connections:
            return
        self.connections.discard(connection)
        metrics.sockets[connection.kind].dec()
        view = connection.view
        for key in view.keys:
            _discard(self._by_view, (view.kind, key), connection)
        _discard(self._post_pages_by_author, view.author_id, connection)
        if connection.viewer is None:
            self.visitors[connection.address] -= 1
            if not self.visitors[connection.address]:
                del self.visitors[connection.address]
        else:
            self._remove_from_viewer(connection, connection.viewer)

    def apply(self, entry: LogEntry) -> None:
        """Applies a follow or unfollow; ignores all other events."""
        viewer = self.viewers.get(entry.actor_id)
        if viewer is None:
            return
        follow(viewer, entry)
        if entry.kind == Kind.FOLLOW_CREATED:
            self._viewers_by_author[entry.subject_id].add(viewer)
        elif entry.kind == Kind.FOLLOW_REMOVED:
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

    def candidates(self, entry: LogEntry) -> Iterable[Connection]:
        """Returns the connections that an event may concern, each once; `should_deliver` decides for each."""
        if entry.kind == Kind.FEED_RESET:
            return self.connections
        if entry.is_follow:
            viewer = self.viewers.get(entry.actor_id)
            return viewer.connections if viewer else ()
        if entry.is_post:
            return self._candidates_for_post(entry)
        if entry.is_about_author:
            return self._candidates_for_author(entry)
        return ()

    def audience_key(self, entry: LogEntry) -> object:
        """Returns a key that consecutive entries share if they concern the same connections.

        That is known for new posts of one author with the same audience, tags and so on, unless a page of the post or
        of its parent is open. All other entries have a key of their own.
        """
        is_page_open = any(("post", post_id) in self._by_view for post_id in (entry.subject_id, entry.parent_id))
        if entry.kind != POST_CREATED or is_page_open:
            return entry.position
        return entry.actor_id, entry.audience, entry.tags, entry.parent_author_id, entry.pictures > 0

    def has_audience(self, entry: LogEntry) -> bool:
        """True if an event must be delivered to any connection."""
        return any(should_deliver(connection, entry) for connection in self.candidates(entry))

    def _candidates_for_post(self, entry: LogEntry) -> Iterable[Connection]:
        pages_of_thread = self._showing("post", entry.subject_id) | self._showing("post", entry.parent_id)
        pages_of_tags = (self._showing("tag", tag) for tag in entry.tags.split())
        return chain(self._feeds_with(entry.actor_id), pages_of_thread, *pages_of_tags)

    def _candidates_for_author(self, entry: LogEntry) -> Iterable[Connection]:
        pages_of_posts = self._post_pages_by_author.get(entry.actor_id, ())
        pages_of_tags = (connections for (kind, _), connections in self._by_view.items() if kind == "tag")
        return chain(self._feeds_with(entry.actor_id), pages_of_posts, *pages_of_tags)

    def _feeds_with(self, author_id: int) -> Iterable[Connection]:
        """Returns the connections whose view may show any post of an author."""
        home_feeds = (
            connection
            for viewer in self.followers_of(author_id)
            for connection in viewer.connections
            if connection.view.kind == "home"
        )
        pages_of_author = (self._showing(kind, author_id) for kind in ("user", "replies", "media"))
        return chain(home_feeds, self._showing("public", 0), *pages_of_author, self._showing("shown", 0))

    def _showing(self, kind: str, key: int | str) -> set[Connection]:
        """Returns the connections with a view. The page of a post is also found by the post's ancestors."""
        return self._by_view.get((kind, key), set())

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
        if entry.kind == Kind.FOLLOW_CREATED:
            viewer.followed.add(entry.subject_id)
        elif entry.kind == Kind.FOLLOW_REMOVED:
            viewer.followed.discard(entry.subject_id)


def _discard[K, V](sets: defaultdict[K, set[V]], key: K, value: V) -> None:
    """Removes `value` from the set under `key`, and the set once it is empty."""
    if key in sets:
        sets[key].discard(value)
        if not sets[key]:
            del sets[key]
