"""Who sees whose: which connections an event concerns."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from consumers import metrics
from consumers.connections.connection import Connection, Viewer
from consumers.hub.log_entry import CREATED, POSTS, PUBLIC, Kind, LogEntry


class Subscriptions:
    """The connections of one process, by what they look at. Follow events keep it right, in the order of the log."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.viewers: dict[int, Viewer] = {}
        self.visitors: Counter[str] = Counter()
        self._home: defaultdict[int, set[Viewer]] = defaultdict(set)
        self._others: defaultdict[tuple[str, int | str], set[Connection]] = defaultdict(set)
        self._on_post_of: defaultdict[int, set[Connection]] = defaultdict(set)

    def add(self, connection: Connection) -> None:
        """Starts routing to the connection. All sockets of a person share the first one's `Viewer`."""
        self.connections.add(connection)
        metrics.sockets[connection.kind].inc()
        if connection.viewer is None:
            self.visitors[connection.address] += 1
        else:
            viewer = connection.viewer = self.viewers.setdefault(connection.viewer.user_id, connection.viewer)
            if not viewer.connections:
                for author_id in (viewer.user_id, *viewer.followed):
                    self._home[author_id].add(viewer)
            viewer.connections[connection] = None
        view = connection.view
        for key in view.keys:
            self._others[view.kind, key].add(connection)
        if view.kind == "post":
            self._on_post_of[view.author_id].add(connection)

    def remove(self, connection: Connection) -> None:
        """Stops; leaves nothing behind. Harmless if the connection was never added."""
        if connection not in self.connections:
            return
        self.connections.discard(connection)
        metrics.sockets[connection.kind].dec()
        view = connection.view
        for key in view.keys:
            _discard(self._others, (view.kind, key), connection)
        _discard(self._on_post_of, view.author_id, connection)
        viewer = connection.viewer
        if viewer is None:
            self.visitors[connection.address] -= 1
            if not self.visitors[connection.address]:
                del self.visitors[connection.address]
            return
        del viewer.connections[connection]
        if not viewer.connections:
            del self.viewers[viewer.user_id]
            for author_id in (viewer.user_id, *viewer.followed):
                _discard(self._home, author_id, viewer)

    def apply(self, entry: LogEntry) -> None:
        """Lets a follow or its end change who sees whose."""
        viewer = self.viewers.get(entry.actor_id)
        if viewer is None:
            return
        follow(viewer, entry)
        if entry.kind == Kind.FOLLOW_CREATED:
            self._home[entry.subject_id].add(viewer)
        elif entry.kind == Kind.FOLLOW_REMOVED:
            _discard(self._home, entry.subject_id, viewer)

    def follow_anew(self, followed: Mapping[int, set[int]]) -> None:
        """Replaces whom each viewer follows by what the database says."""
        for user_id, authors in followed.items():
            if viewer := self.viewers.get(user_id):
                for author_id in viewer.followed - authors:
                    _discard(self._home, author_id, viewer)
                for author_id in authors - viewer.followed:
                    self._home[author_id].add(viewer)
                viewer.followed = authors

    def at_home_with(self, author_id: int) -> Iterable[Viewer]:
        """Those who follow an author, and the author."""
        return self._home.get(author_id, ())

    def looking_at(self, entry: LogEntry) -> Iterable[Connection]:
        """Returns the connections that an event may concern, each once; `should_deliver` decides for each."""
        if entry.kind == Kind.FEED_RESET:
            return self.connections
        if entry.is_follow:
            viewer = self.viewers.get(entry.actor_id)
            return viewer.connections if viewer else ()
        return self._looking_at_author(entry) if entry.is_post or entry.is_about_author else ()

    def audience_key(self, entry: LogEntry) -> object:
        """The same for entries that concern the same connections, if they stand together in the log: new posts of one
        author, but for one whose own page, or whose parent's, is open somewhere."""
        is_open = any(("post", post_id) in self._others for post_id in (entry.subject_id, entry.parent_id))
        is_shared = entry.kind == Kind.POST_CREATED and not is_open
        reach = (entry.actor_id, entry.audience, entry.tags, entry.parent_author_id, entry.pictures > 0)
        return reach if is_shared else entry.position

    def has_audience(self, entry: LogEntry) -> bool:
        """Whether an event concerns anybody."""
        return any(should_deliver(connection, entry) for connection in self.looking_at(entry))

    def _looking_at_author(self, entry: LogEntry) -> Iterator[Connection]:
        for viewer in self._home.get(entry.actor_id, ()):
            yield from (connection for connection in viewer.connections if connection.view.kind == "home")
        yield from self._others.get(("public", 0), ())
        for kind in ("user", "replies", "media"):
            yield from self._others.get((kind, entry.actor_id), ())
        yield from self._others.get(("shown", 0), ())
        if entry.is_post:
            yield from self._on_page(entry.subject_id) | self._on_page(entry.parent_id)
            for tag in entry.tags.split():
                yield from self._others.get(("tag", tag), ())
        else:
            yield from self._on_post_of.get(entry.actor_id, ())
            for (kind, _), connections in self._others.items():
                yield from connections if kind == "tag" else ()

    def _on_page(self, post_id: int) -> set[Connection]:
        """The connections that look at the page of a post, or of one below it."""
        return self._others.get(("post", post_id), set())


def should_deliver(connection: Connection, entry: LogEntry) -> bool:
    """Whether an event may be told to a connection: its view shows such a thing, and its viewer may see it now.

    The one place that decides it, for a push and for a catch-up alike: what hides somebody's posts from somebody (a
    block, a private account) belongs here, and into `PostQuerySet.visible_to` for pages.
    """
    if entry.kind in POSTS:
        return may_see(connection, entry) and _belongs(connection, entry)
    view = connection.view
    if entry.is_follow:
        own = connection.viewer is not None and connection.viewer.user_id == entry.actor_id
        return own and (view.kind in ("home", "tag", "shown") or view.author_id == entry.subject_id)
    if entry.is_notice:
        return _is_noticed_by(connection, entry)
    if entry.is_about_author:
        if view.kind == "home":
            return connection.follows(entry.actor_id)
        return view.kind in ("public", "tag", "shown") or view.author_id == entry.actor_id
    return entry.kind == Kind.FEED_RESET


def _is_noticed_by(connection: Connection, entry: LogEntry) -> bool:
    """Whether a page's reader may be one of those whose notifications changed."""
    viewer = connection.viewer
    if viewer is None or connection.form != "html":
        return False
    return connection.follows(entry.actor_id) if entry.subject_id else viewer.user_id == entry.actor_id


def may_see(connection: Connection, entry: LogEntry) -> bool:
    """Whether a connection's viewer may see the post of an event."""
    return entry.audience == PUBLIC or connection.follows(entry.actor_id)


def _belongs(connection: Connection, entry: LogEntry) -> bool:
    """Whether the connection's page shows the post of an event, or would if it had just been loaded."""
    view = connection.view
    kind = view.kind
    if kind == "shown":
        return connection.names(entry.subject_id)
    comes_by_edit = kind in ("tag", "media") and not entry.is_count
    if entry.kind != CREATED and not comes_by_edit and not connection.shows(entry.subject_id):
        return False
    if kind == "home":
        parent_author = entry.parent_author_id
        return connection.follows(entry.actor_id) and (not parent_author or connection.follows(parent_author))
    if kind == "post":
        return entry.subject_id in view.keys or entry.parent_id == view.key
    if kind == "tag":
        return view.key in entry.tags.split()
    if kind == "media":
        return view.key == entry.actor_id and (entry.pictures > 0 or connection.names(entry.subject_id))
    if kind == "replies":
        return view.key == entry.actor_id and entry.parent_author_id > 0
    return not entry.parent_author_id and (entry.audience == PUBLIC if kind == "public" else view.key == entry.actor_id)


def follow(viewer: Viewer, entry: LogEntry) -> None:
    """Lets a follow of the viewer's, or the end of one, change whom they follow; nothing else does."""
    if entry.actor_id == viewer.user_id:
        if entry.kind == Kind.FOLLOW_CREATED:
            viewer.followed.add(entry.subject_id)
        elif entry.kind == Kind.FOLLOW_REMOVED:
            viewer.followed.discard(entry.subject_id)


def _discard[K, V](sets: defaultdict[K, set[V]], key: K, value: V) -> None:
    """Takes `value` out of the set under `key`, and the set away with its last value."""
    if key in sets:
        sets[key].discard(value)
        if not sets[key]:
            del sets[key]
