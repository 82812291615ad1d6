"""Bulk writes: a page that follows along receives what every writing method of querysets does, exactly once."""

from collections.abc import Callable
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import FieldDoesNotExist
from django.db import NotSupportedError, connection, transaction
from django.db.models import F, Max, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from livefeed.live import bulk
from livefeed.models import Event, Follow, Like, Post, User
from tests.factories import Cast, make_cast, make_post
from tests.live.conftest import head
from tests.models.announced import log

USED_BY_SAVE = {"_insert", "_update"}
KEYS = [UUID(int=number) for number in range(3)]
CREATED, UPDATED, DELETED = "post.created", "post.updated", "post.deleted"


class Scene:
    """Two posts of an author who also has a removed one."""

    def __init__(self, cast: Cast) -> None:
        self.author = cast.author
        self.other = cast.stranger
        self.removed = make_post(cast.author, "Removed.")
        self.removed.remove()
        self.posts = [Post.objects.create(author=cast.author, body="Before.", key=key) for key in KEYS[:2]]

    @property
    def rows(self) -> QuerySet[Post]:
        return Post.objects.filter(pk__in=[post.pk for post in self.posts])

    @property
    def first(self) -> dict[str, object]:
        return {"author": self.author, "key": KEYS[0]}

    def new(self, *keys: UUID) -> list[Post]:
        """Returns unsaved posts; those with the key of a stored post conflict with it."""
        return [Post(author=self.author, body="After.", key=key) for key in keys]

    def changed(self) -> list[Post]:
        for post in self.posts:
            post.body = "After."
        return self.posts

    def upsert(self, method: Callable) -> None:
        method(
            self.new(KEYS[0], KEYS[2]),
            update_conflicts=True,
            update_fields=["body"],
            unique_fields=["author", "key"],
        )


def sync(method: Callable) -> Callable:
    async def call(*args, **kwargs):
        return await method(*args, **kwargs)

    return async_to_sync(call)


new = {"body": "After."}
WRITES: dict[str, tuple[Callable[[Scene], object], list[str]]] = {
    "create": (lambda scene: Post.objects.create(author=scene.author, **new), [CREATED]),
    "acreate": (lambda scene: sync(Post.objects.acreate)(author=scene.author, **new), [CREATED]),
    "get_or_create": (lambda scene: Post.objects.get_or_create(new, author=scene.author, key=KEYS[2]), [CREATED]),
    "aget_or_create": (
        lambda scene: sync(Post.objects.aget_or_create)(new, author=scene.author, key=KEYS[2]),
        [CREATED],
    ),
    "update_or_create": (lambda scene: Post.objects.update_or_create(new, **scene.first), [UPDATED]),
    "aupdate_or_create": (lambda scene: sync(Post.objects.aupdate_or_create)(new, **scene.first), [UPDATED]),
    "bulk_create": (lambda scene: Post.objects.bulk_create(scene.new(*KEYS[2:], UUID(int=9))), [CREATED, CREATED]),
    "abulk_create": (lambda scene: sync(Post.objects.abulk_create)(scene.new(KEYS[2])), [CREATED]),
    "bulk_create of ids": (
        lambda scene: Post.objects.bulk_create([Post(pk=99, author=scene.author, **new)]),
        [CREATED],
    ),
    "bulk_create of removed posts": (
        lambda scene: Post.objects.bulk_create([Post(author=scene.author, body="x", removed_at=timezone.now())]),
        [],
    ),
    "bulk_create of none": (lambda scene: Post.objects.bulk_create([]), []),
    "bulk_create, ignoring conflicts": (
        lambda scene: Post.objects.bulk_create(scene.new(*KEYS), ignore_conflicts=True),
        [CREATED],
    ),
    "bulk_create, ignoring one conflict": (
        lambda scene: Post.objects.bulk_create(scene.new(KEYS[0]), ignore_conflicts=True),
        [],
    ),
    "bulk_create, replacing": (lambda scene: scene.upsert(Post.objects.bulk_create), [UPDATED, CREATED]),
    "abulk_create, replacing": (lambda scene: scene.upsert(sync(Post.objects.abulk_create)), [UPDATED, CREATED]),
    "bulk_create of a relation": (lambda scene: scene.author.posts.bulk_create(scene.new(KEYS[2])), [CREATED]),
    "bulk_update": (lambda scene: Post.objects.bulk_update(scene.changed(), ["body"]), [UPDATED, UPDATED]),
    "bulk_update in batches": (
        lambda scene: Post.objects.bulk_update(scene.changed(), ["body"], 1),
        [UPDATED, UPDATED],
    ),
    "abulk_update": (lambda scene: sync(Post.objects.abulk_update)(scene.changed(), ["body"]), [UPDATED, UPDATED]),
    "bulk_update of counts": (lambda scene: Post.objects.bulk_update(scene.posts, ["likes_count"]), []),
    "update": (lambda scene: scene.rows.update(**new), [UPDATED, UPDATED]),
    "aupdate": (lambda scene: sync(scene.rows.aupdate)(**new), [UPDATED, UPDATED]),
    "update of the filtered field": (lambda scene: Post.objects.filter(body="Before.").update(**new), [UPDATED] * 2),
    "update of grouped rows": (
        lambda scene: scene.rows.annotate(newest=Max("likes__pk")).filter(newest=None).update(**new),
        [UPDATED, UPDATED],
    ),
    "update of distinct values": (lambda scene: scene.rows.values("body").distinct().update(**new), [UPDATED] * 2),
    "update of none": (lambda scene: scene.rows.none().update(**new), []),
    "update that removes": (lambda scene: scene.rows.update(removed_at=timezone.now()), [DELETED, DELETED]),
    "update that restores": (lambda scene: Post.objects.update(removed_at=None), [CREATED, UPDATED, UPDATED]),
    "update of a removed post": (lambda scene: Post.objects.filter(pk=scene.removed.pk).update(**new), []),
    "update of counts": (lambda scene: scene.rows.update(likes_count=F("likes_count") + 1, replies_count=1), []),
    "update to another author": (lambda scene: scene.rows.update(author_id=scene.other.pk), [DELETED, DELETED]),
    "delete": (lambda scene: scene.rows.delete(), [DELETED, DELETED]),
    "adelete": (lambda scene: sync(scene.rows.adelete)(), [DELETED, DELETED]),
    "_raw_delete": (lambda scene: scene.rows._raw_delete("default"), [DELETED, DELETED]),
}


def writing_methods() -> set[str]:
    """Returns the names of all methods of Django's querysets that write."""
    return {name for name in dir(QuerySet) if getattr(getattr(QuerySet, name), "alters_data", False)}


def test_every_writing_method_of_django_is_tested_and_stays_hidden_from_templates():
    assert {name.partition(" ")[0].strip(",") for name in WRITES} == writing_methods() - USED_BY_SAVE
    assert all(getattr(Post.objects.all(), name).alters_data for name in writing_methods())
    assert not hasattr(Post.objects, "delete")


def on_both_databases(name: str) -> bool:
    """True except for the asynchronous methods, which only call the others."""
    return not name.startswith(("acreate", "aget", "aupdate", "abulk", "adelete"))


EACH_WRITE = [
    pytest.param(*case, id=name, marks=pytest.mark.both if on_both_databases(name) else ())
    for name, case in WRITES.items()
]


@pytest.mark.parametrize(("write", "expected"), EACH_WRITE)
async def test_an_open_page_receives_each_change_of_a_bulk_write_once(read, cast, write, expected):
    scene = await sync_to_async(Scene)(cast)
    follower = await read(cast.follower)
    strangers = [await read(cast.stranger, "view=tag:other"), await read(None, "view=user:follower")]

    await sync_to_async(write)(scene)

    frames = await follower.rest()
    assert [frame["type"] for frame in frames] == expected
    stored = {post.pk: post async for post in Post.objects.filter(author=cast.author)}
    for frame in frames:
        if frame["type"] != DELETED:
            post = stored[frame["id"]]
            assert frame["version"] == post.version
            assert post.version == 1 + (frame["type"] == UPDATED) + 2 * (post.pk == scene.removed.pk)
            assert post.body in frame["html"]
    assert [await stranger.rest() for stranger in strangers] == [[], []]


@pytest.mark.parametrize(("write", "expected"), WRITES.values(), ids=WRITES)
def test_a_bulk_write_that_is_rolled_back_is_not_announced(db, write, expected):
    scene = Scene(make_cast())
    before = log()

    with transaction.atomic():
        write(scene)
        assert len(log()) >= len(before) + len(expected)
        transaction.set_rollback(True)

    assert log() == before


# --- Many rows ---


def many(author: User, count: int = bulk.MAX_EVENT_ROWS + 1, **fields) -> list[Post]:
    return [Post(author=author, body="Many.", **fields) for _ in range(count)]


MANY: list[Callable[[User], object]] = [
    lambda author: Post.objects.bulk_create(many(author)),
    lambda author: Post.objects.filter(author=author).update(body="Other."),
    lambda author: Post.objects.bulk_update(Post.objects.filter(author=author), ["body"], 50),
    lambda author: Post.objects.filter(author=author).delete(),
    lambda author: Post.objects.filter(author=author)._raw_delete("default"),
    lambda author: bulk.reset_pages(Post, [f"author:{author.pk}", f"posts:{author.pk}"]),
]


@pytest.mark.parametrize("write", MANY)
async def test_many_rows_reset_the_pages_that_share_a_topic_and_no_others(read, cast, write):
    await sync_to_async(Post.objects.silently().bulk_create)(many(cast.author))
    before = await head()
    concerned = [await read(cast.follower), await read(None, "view=user:author")]
    others = [await read(cast.stranger), await read(None, "view=user:stranger"), await read(None, "view=tag:bread")]

    await sync_to_async(write)(cast.author)

    for reader in concerned:
        (reset,) = await reader.rest()
        assert reset == {"type": "reset", "cursor": await head(), "within": 3}
    assert [await reader.rest() for reader in others] == [[], [], []]
    assert await head() == before + 1
    returning = await read(cast.follower, f"after={before}", hello=False)
    await returning.frames("hello", "reset")
    elsewhere = await read(cast.stranger, f"after={before}")
    assert await elsewhere.rest() == []


async def test_a_reset_of_posts_for_followers_reaches_no_one_else(read, cast):
    follower = await read(cast.follower, "view=user:author")
    strangers = [await read(cast.stranger, "view=user:author"), await read(None, "view=user:author")]

    await sync_to_async(Post.objects.bulk_create)(many(cast.author, audience="followers"))

    assert [frame["type"] for frame in await follower.rest()] == ["reset"]
    assert [await stranger.rest() for stranger in strangers] == [[], []]


async def test_a_returning_home_page_is_reset_by_posts_of_many_authors_though_the_log_is_read_from_the_database(
    hub, read, cast
):
    before = await head()
    await sync_to_async(Post.objects.bulk_create)(many(cast.author) + many(cast.stranger))
    await hub.wait_until_idle()
    hub.log.tail.clear()

    returning = await read(cast.follower, f"after={before}", hello=False)

    await returning.frames("hello", "reset")


def test_rows_with_more_topics_than_a_reset_can_hold_reset_all_pages(db, monkeypatch):
    author = make_cast().author
    monkeypatch.setattr(bulk, "MAX_RESET_TOPICS", 100)
    before = len(log())

    Post.objects.bulk_create(many(author))

    assert log()[before:] == [("feed.reset", 0, 0)]


@pytest.mark.both
def test_more_rows_than_one_query_reads_are_one_write(db, monkeypatch):
    author = make_cast().author
    monkeypatch.setattr(bulk, "ROWS_PER_QUERY", 50)
    posts = Post.objects.bulk_create(many(author))
    before = len(log())

    assert Post.objects.filter(author=author).update(body="Other.") == len(posts)

    assert [kind for kind, _, _ in log()[before:]] == ["post.reset"]
    assert set(Post.objects.values_list("version", "body")) == {(2, "Other.")}


@pytest.mark.parametrize(
    "write",
    [
        lambda posts: Post.objects.bulk_create(many(posts[0].author, len(posts))),
        lambda posts: Post.objects.filter(pk__in=[post.pk for post in posts]).update(body="Other."),
        lambda posts: Post.objects.bulk_update(posts, ["body"]),
        lambda posts: Post.objects.filter(pk__in=[post.pk for post in posts])._raw_delete("default"),
    ],
)
def test_publishing_needs_the_same_number_of_queries_for_any_number_of_rows(db, write):
    author = make_cast().author
    queries = []
    for count in (2, bulk.MAX_EVENT_ROWS):
        posts = Post.objects.silently().bulk_create(many(author, count))
        with CaptureQueriesContext(connection) as captured:
            write(posts)
        queries.append(len(captured))
        inserted = [query for query in captured if 'INSERT INTO "livefeed_event"' in query["sql"]]
        assert len(inserted) == 1

    assert queries[0] == queries[1] <= 8  # two of them are those of a savepoint


@pytest.mark.both
def test_a_deletion_writes_the_events_of_all_rows_by_one_query(db):
    author = make_cast().author
    posts = Post.objects.silently().bulk_create(many(author, 20))
    Like.objects.create(user=author, post=posts[0])

    with CaptureQueriesContext(connection) as captured:
        Post.objects.filter(author=author).delete()

    assert len([query for query in captured if 'INSERT INTO "livefeed_event"' in query["sql"]]) == 1
    assert [kind for kind, _, _ in log()[-20:]] == [DELETED] * 20


# --- Topics, silence and other readers ---


def test_an_event_has_the_topics_before_and_after_the_change(db):
    post = make_post(make_cast().author, "I bake #bread.")

    Post.objects.filter(pk=post.pk).update(tags="coffee")

    assert {"tag:bread", "tag:coffee"} <= set(Event.objects.latest("pk").topics.split())


def test_silent_writes_publish_nothing_and_keep_the_version(db):
    author = make_cast().author
    before = log()

    posts = Post.objects.silently().bulk_create(many(author, 2))
    Post.objects.silently().filter(author=author).update(body="Other.")
    Post.objects.filter(author=author).silently().bulk_update(posts, ["title"])

    assert log() == before
    assert set(Post.objects.values_list("version", flat=True)) == {1}


def test_an_explicit_version_is_kept(db):
    post = make_post(make_cast().author)

    Post.objects.update(body="Other.", version=7)

    post.refresh_from_db()
    assert post.version == 7


def test_wrong_arguments_raise_what_django_raises(db):
    with pytest.raises(FieldDoesNotExist):
        Post.objects.update(colour="red")
    with pytest.raises(TypeError, match="slice"):
        Post.objects.all()[:1].update(body="x")
    with pytest.raises(NotSupportedError):
        Post.objects.union(Post.objects.all()).update(body="x")
    with pytest.raises(ValueError, match="primary key"):
        Post.objects.bulk_update([Post(body="x")], ["body"])
    with pytest.raises(ValueError, match="not a live model"):
        bulk.reset_pages(Follow, ["site"])


def test_update_or_create_is_an_edit_and_counts_nothing(db):
    cast = make_cast()
    reply = make_post(cast.author, parent=make_post(cast.author))

    Post.objects.update_or_create({"body": "Other."}, pk=reply.pk)

    assert log()[-1] == (UPDATED, reply.pk, cast.author.pk)
    assert Post.objects.get(pk=reply.parent_id).replies_count == 1
