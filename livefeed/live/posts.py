"""Declaration of posts: their events, who receives them, and their frames."""

from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from livefeed.content.fragments import render_post
from livefeed.live.declarations import PUBLIC, LiveModel, Matcher, Parts, register
from livefeed.live.entries import LogEntry
from livefeed.live.readers import Reader, View
from livefeed.live.topics import Topics, keys_of, topic
from livefeed.models import Post, User
from livefeed.models.attachment import prefetch_attached
from livefeed.models.compiled import compiled

COUNTED = "post.counted"
"""Kind of event: the numbers of a post's likes, replies or votes changed, and nothing else."""


@register
class LivePost(LiveModel[Post]):
    """Posts and replies.

    The actor of an event is the author, its audience that of the post, and both never change. A removed post is
    published as deleted, a restored one as created.
    """

    model = Post
    name = "post"
    has_own_receivers = True
    is_reported = True
    extra_kinds = {COUNTED: "counts"}
    coalesced = frozenset({COUNTED})
    shown_fields = frozenset(field.name for field in Post._meta.concrete_fields) - Post.COUNTS
    version_field = "version"

    def topics(self, instance: Post) -> Iterable[str]:
        """Returns the topics of a post, with its tags before and after the change."""
        author_id = instance.author_id
        yield "posts"
        yield topic("post", instance.pk)
        yield topic("author", author_id)
        if instance.parent_author_id:
            yield topic("replies", author_id)
            yield topic("thread", instance.parent_id or 0)
            yield topic("parent-author", instance.parent_author_id)
        else:
            yield topic("posts", author_id)
            if instance.audience == PUBLIC:
                yield "public"
        if instance.pictures_count:
            yield topic("media", author_id)
        for tag in instance.saved_tags | instance.current_tags:
            yield topic("tag", tag)

    def audience(self, instance: Post) -> str:
        return instance.audience

    def actor_id(self, instance: Post) -> int:
        return instance.author_id

    def visible_to(self, viewer: User | None) -> QuerySet[Post]:
        visible: QuerySet[Post] = Post.objects.visible_to(viewer)
        return visible

    def is_shown(self, instance: Post) -> bool:
        return instance.removed_at is None

    def shares_topic(self, reader: Reader, view: View, topics: Topics) -> bool:
        if view.kind == "home":
            return any(map(reader.follows, keys_of("author", topics)))
        if view.kind == "shown":
            return any(map(reader.has_reported, keys_of("post", topics)))
        return super().shares_topic(reader, view, topics)

    def matcher(self, entry: LogEntry) -> Matcher:
        actor_id, subject_id = entry.actor_id, entry.subject_id
        parent_author_id = _parent_author_of(entry)
        is_public = entry.audience == PUBLIC
        is_new = entry.kind == self.created
        is_count = entry.kind == COUNTED
        # The page of an author's media receives all events of the author, because a post may have lost its pictures.
        topics = entry.topics - {topic("author", actor_id)}

        def matches(reader: Reader, view: View) -> bool:
            if view.kind == "home":
                is_shown = reader.follows(actor_id) and (not parent_author_id or reader.follows(parent_author_id))
                return is_shown and (is_new or reader.may_show(subject_id))
            if not (is_public or reader.follows(actor_id)):  # as `may_see`
                return False
            # An edit may add an older post to a page: with a tag or a picture.
            is_addable = not is_count and view.kind in ("tag", "media")
            if not (is_new or is_addable or reader.may_show(subject_id)):
                return False
            if view.kind == "shown":
                return reader.has_reported(subject_id)
            if view.kind == "media" and view.author_id == actor_id and reader.has_reported(subject_id):
                return True
            return not view.topics.isdisjoint(topics)

        return matches

    def obstacles(self, instance: Post, viewer: User | None) -> Iterable[str]:
        if instance.removed_at:
            yield "Its author has removed it."
        if not instance.author.is_active:
            yield f"Its author, @{instance.author.username}, is suspended."
        if instance.audience == PUBLIC or viewer == instance.author:
            return
        if viewer is None:
            yield "It is for followers of the author, and visitors follow no one."
        elif not viewer.follows(instance.author):
            yield f"It is for followers, and @{viewer.username} does not follow @{instance.author.username}."

    def refusal(self, reader: Reader, view: View, entry: LogEntry) -> str:
        parent_author_id = _parent_author_of(entry)
        if not self.may_see(reader, entry):
            return "The post is for followers, and the user does not follow its author."
        if view.kind == "home" and not reader.follows(entry.actor_id):
            return "The home feed shows posts of followed users, and the user does not follow the author."
        if view.kind == "home" and parent_author_id and not reader.follows(parent_author_id):
            return "The home feed shows a reply only if the user also follows the author of the post above it."
        if view.kind == "shown" or not reader.may_show(entry.subject_id):
            return "The page has reported which posts it shows, and this one is not among them."
        return "The view shares no topic with the post."

    def fetch(self, ids: Collection[int]) -> Iterable[Post]:
        return prefetch_attached(_visible_posts(list(ids)))

    def render(self, instance: Post) -> SafeString:
        return render_post(instance)

    def parts(self, instance: Post) -> Parts:
        html = self.render(instance)
        head = {"id": instance.pk, "version": instance.version, "sort": instance.sort_key}
        counts: dict[str, Any] = {"likes": instance.likes_count, "replies": instance.replies_count}
        votes = {"poll": instance.poll.counts} if instance.has_poll else {}
        return {
            "html": head | {"html": html},
            "json": head | {"post": _details(instance) | {"html": html, **counts}},
            "counts": {"id": instance.pk, **counts, **votes},
        }


def _parent_author_of(entry: LogEntry) -> int:
    """Returns the author of the post that the post of an event replies to; 0 if it is no reply."""
    return next(iter(keys_of("parent-author", entry.topics)), 0)


@compiled
def _visible_posts(post_ids: list[int]) -> Any:
    """The posts that were neither deleted nor hidden."""
    return Post.objects.present().filter(pk__in=post_ids, author__is_active=True).with_related()


def _details(post: Post) -> dict[str, Any]:
    """Returns the fields of a post for programs, except its HTML and counts."""
    return {
        "id": post.pk,
        "author": post.author.username,
        "title": post.title,
        "body": post.body,
        "html": "",
        "parent": post.parent_id,
        "audience": post.audience,
        "tags": post.tags.split(),
        "pictures": _pictures(post) if post.pictures_count else [],
        "poll": post.poll.as_json() if post.has_poll else None,
        "created_at": post.created_at.isoformat(),
        "version": post.version,
        "likes": 0,
        "replies": 0,
        "url": settings.LIVEFEED_URL + post.get_absolute_url(),
    }


def _pictures(post: Post) -> list[dict[str, Any]]:
    return [
        {
            "url": settings.LIVEFEED_URL + picture.large,
            "description": picture.description,
            "width": picture.width,
            "height": picture.height,
        }
        for picture in post.pictures.all()
    ]


# --- Publishing ---

live_post = LivePost()


def post_saved(post: Post, *, appeared: bool) -> None:
    """Publishes that a post appeared (created or restored), was changed, or was removed."""
    if post.removed_at:
        live_post.publish(LivePost.deleted, post)
    else:
        live_post.publish(LivePost.created if appeared else LivePost.updated, post)


def post_deleted(post: Post) -> None:
    live_post.publish(LivePost.deleted, post)


def like_counted(post_id: int, change: int) -> None:
    """Adds `change` to the likes of a post, and publishes its counts."""
    _increment(post_id, likes_count=change)


def reply_counted(post_id: int, change: int) -> None:
    """Adds `change` to the replies of a post, and publishes its counts."""
    _increment(post_id, replies_count=change)


def _increment(post_id: int, **changes: int) -> None:
    Post.objects.filter(pk=post_id).increment(**changes)
    for post in Post.objects.filter(pk=post_id):  # empty if it was deleted meanwhile
        post_counted(post)


def post_counted(post: Post) -> None:
    live_post.publish(COUNTED, post)
