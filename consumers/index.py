"""Who sees whose: which connections an event concerns."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from consumers.connection import Connection, Viewer
from consumers.log import Entry
from livefeed.models import Event

Kind = Event.Kind


class Index:
    """The connections of one process, by what they look at. Follow events keep it right, in the order of the log."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self._viewers: dict[int, Viewer] = {}
        self._home: defaultdict[int, set[Viewer]] = defaultdict(set)
        self._others: defaultdict[tuple[str, int], set[Connection]] = defaultdict(set)

    def add(self, connection: Connection) -> None:
        """Starts routing to the connection. All sockets of a person share the first one's `Viewer`."""
        self.connections.add(connection)
        if connection.viewer is not None:
            viewer = connection.viewer = self._viewers.setdefault(connection.viewer.user_id, connection.viewer)
            if not viewer.connections:
                for author_id in (viewer.user_id, *viewer.followed):
                    self._home[author_id].add(viewer)
            viewer.connections.add(connection)
        if connection.view.kind != "home":
            self._others[connection.view.kind, connection.view.key].add(connection)

    def remove(self, connection: Connection) -> None:
        """Stops; leaves nothing behind. Harmless if the connection was never added."""
        self.connections.discard(connection)
        _discard(self._others, (connection.view.kind, connection.view.key), connection)
        viewer = connection.viewer
        if viewer is None or connection not in viewer.connections:
            return
        viewer.connections.discard(connection)
        if not viewer.connections:
            del self._viewers[viewer.user_id]
            for author_id in (viewer.user_id, *viewer.followed):
                _discard(self._home, author_id, viewer)

    def apply(self, entry: Entry) -> None:
        """Lets a follow or its end change who sees whose."""
        viewer = self._viewers.get(entry.actor_id)
        if viewer is None:
            return
        if entry.kind == Kind.FOLLOW_CREATED:
            viewer.followed.add(entry.subject_id)
            self._home[entry.subject_id].add(viewer)
        elif entry.kind == Kind.FOLLOW_REMOVED:
            viewer.followed.discard(entry.subject_id)
            _discard(self._home, entry.subject_id, viewer)

    def viewer_ids(self) -> list[int]:
        """The ids of the people who have a socket open."""
        return list(self._viewers)

    def follow_anew(self, followed: Mapping[int, set[int]]) -> None:
        """Replaces whom each viewer follows by what the database says."""
        for user_id, authors in followed.items():
            if viewer := self._viewers.get(user_id):
                for author_id in viewer.followed - authors:
                    _discard(self._home, author_id, viewer)
                for author_id in authors - viewer.followed:
                    self._home[author_id].add(viewer)
                viewer.followed = authors

    def audience(self, entry: Entry) -> Iterator[Connection]:
        """The connections that an event concerns, each once. `concerns` says the same of one connection."""
        if entry.kind == Kind.FEED_RESET:
            yield from self.connections
        elif entry.is_follow:
            viewer = self._viewers.get(entry.actor_id)
            yield from (c for c in (viewer.connections if viewer else ()) if concerns(c, entry))
        else:
            yield from (
                c for c in self._looking_at(entry) if entry.kind == Kind.POST_CREATED or c.shows(entry.subject_id)
            )

    def _looking_at(self, entry: Entry) -> Iterator[Connection]:
        for viewer in self._home.get(entry.actor_id, ()):
            yield from (c for c in viewer.connections if c.view.kind == "home")
        for key in (("public", 0), ("user", entry.actor_id), ("post", entry.subject_id)):
            yield from self._others.get(key, ())


def concerns(connection: Connection, entry: Entry) -> bool:
    """Whether an event may be told to a connection: its view shows such a thing and its viewer may see it now.

    The one place that decides it for a replay; `Index.audience` finds the same connections without asking each.
    """
    view = connection.view
    if entry.kind == Kind.FEED_RESET:
        return True
    if entry.is_follow:
        own = connection.viewer is not None and connection.viewer.user_id == entry.actor_id
        return own and (view.kind == "home" or (view.kind, view.key) == ("user", entry.subject_id))
    if view.kind == "home":
        return connection.follows(entry.actor_id)
    return view.kind == "public" or view.key == (entry.actor_id if view.kind == "user" else entry.subject_id)


def _discard[K, V](sets: defaultdict[K, set[V]], key: K, value: V) -> None:
    """Takes `value` out of the set under `key`, and the set away with its last value."""
    if key in sets:
        sets[key].discard(value)
        if not sets[key]:
            del sets[key]
