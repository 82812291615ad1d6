"""The table of views: what an open page or a program can show, with its topics and who may open it."""

from collections.abc import Callable
from dataclasses import dataclass

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.live.readers import View
from livefeed.live.topics import SITE, topic
from livefeed.models import Post, User

# Shared by all connections that show them: one object stays in the processor's cache.
HOME = View("home", topics=frozenset({SITE}), depends_on_follows=True)
PUBLIC = View("public", topics=frozenset({"public", "authors", SITE}))
SHOWN = View("shown", topics=frozenset({"posts", "authors", SITE}), depends_on_follows=True)


class ViewError(Exception):
    """Raised if a view does not exist, or the user may not open it. The text is for users."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class ViewType:
    """A kind of view. `open` returns the view for the text after the colon and a user (None: a visitor); None if there
    is no such view for that user. It may raise `ViewError`."""

    name: str
    page: str
    """The page that shows it, for the documentation."""
    open: Callable[[str, User | None], View | None]


def _home(key: str, user: User | None) -> View | None:
    if user is None:
        raise ViewError("signed_out", "You are signed out. Sign in to see your home feed.")
    return None if key else HOME


def _public(key: str, user: User | None) -> View | None:
    return None if key else PUBLIC


def _shown(key: str, user: User | None) -> View | None:
    return None if key else SHOWN


def _tag(key: str, user: User | None) -> View | None:
    if not is_tag(key):
        return None
    tag = normalize_tag(key)
    return View("tag", tag, frozenset({topic("tag", tag), "authors"}), depends_on_follows=True)


def _posts_of(username: str, user: User | None) -> View | None:
    return _author_view("user", "posts", username)


def _replies_of(username: str, user: User | None) -> View | None:
    return _author_view("replies", "replies", username)


def _media_of(username: str, user: User | None) -> View | None:
    return _author_view("media", "media", username, "author")  # also the posts that lose their pictures


def _author_view(kind: str, topic_name: str, username: str, *more: str) -> View | None:
    author = User.objects.with_username(username).filter(is_active=True).first()
    if author is None:
        return None
    topics = frozenset(topic(name, author.pk) for name in (topic_name, "profile", *more))
    return View(kind, author.pk, topics, author.pk)


def _post(key: str, user: User | None) -> View | None:
    if not is_number(key):
        return None
    post = Post.objects.visible_to(user).filter(pk=int(key)).only("author_id", "ancestors").first()
    if post is None:
        return None
    topics = {topic("post", post_id) for post_id in (post.pk, *post.ancestor_ids)}
    topics |= {topic("thread", post.pk), topic("profile", post.author_id)}
    return View("post", post.pk, frozenset(topics), post.author_id)


VIEWS = {
    view_type.name: view_type
    for view_type in (
        ViewType("home", "/, signed in", _home),
        ViewType("public", "/ for visitors, /explore/", _public),
        ViewType("user", "/@name/", _posts_of),
        ViewType("replies", "/@name/replies/", _replies_of),
        ViewType("media", "/@name/media/", _media_of),
        ViewType("post", "/posts/id/", _post),
        ViewType("tag", "/tags/tag/", _tag),
        ViewType("shown", "all other lists of posts", _shown),
    )
}
"""All views by name. Apps add theirs by `register_view`."""


def register_view(view_type: ViewType) -> None:
    """Adds a view. Raises `ValueError` if there is another one of this name."""
    if VIEWS.setdefault(view_type.name, view_type) is not view_type:
        raise ValueError(f"There is already a view “{view_type.name}”.")


def open_view(text: str, user: User | None) -> View:
    """Returns the view that `text` names, such as `tag:bread`; if it is empty, `home` or, for a visitor, `public`.

    Raises `ViewError` if it does not exist or the user may not see it.
    """
    name, _, key = (text or ("home" if user else "public")).partition(":")
    view_type = VIEWS.get(name)
    has_nul = "\0" in text  # PostgreSQL rejects NUL characters, even in a comparison
    view = view_type.open(key, user) if view_type and not has_nul else None
    if view is None:
        raise ViewError("unknown_view", f"There is no view “{text[:80]}” here for you.")
    return view if SITE in view.topics else view._replace(topics=view.topics | {SITE})


def open_view_of(text: str, user_id: int) -> View:
    """Returns the view that `text` names, as `open_view` does, for the user with this id (0: a visitor)."""
    user = User.objects.filter(pk=user_id).first() if user_id else None
    return open_view(text, user)


def is_number(text: str) -> bool:
    """True if untrusted text is a whole number that fits the database's integers."""
    return text.isascii() and text.isdecimal() and len(text) < 19
