"""Number of rows that a replay reads at once after a long absence."""

from collections import defaultdict
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.db.models import Model, QuerySet

from consumers.hub import event_log
from livefeed.models import Event
from tests.factories import cookie_of, make_cast, make_post
from tests.faults.conftest import full_or, post_many
from tests.live.conftest import Reader

POSTS = 199
MAX_ROWS = 200
TAIL_LENGTH = full_or(200, event_log.TAIL_LENGTH)
"""Events that a hub keeps in memory."""
OTHERS = full_or(300, 20_000)
"""Events after these posts, more than a hub keeps in memory, so that a replay reads the database."""


@pytest.fixture
async def long_log(transactional_db, monkeypatch) -> tuple[int, dict[str, str]]:
    """A long log before the hub starts: the position before it, and cookies by user."""
    monkeypatch.setattr(event_log, "TAIL_LENGTH", TAIL_LENGTH)

    @sync_to_async
    def write() -> tuple[int, dict[str, str]]:
        cast = make_cast()
        start = Event.objects.head()
        post_many(cast.author, POSTS)
        other = make_post(cast.stranger, "Edited over and over.")
        written = Event.objects.get(kind="post.created", subject_id=other.pk)
        edit = {"subject_id": other.pk, "actor_id": cast.stranger.pk, "topics": written.topics}
        Event.objects.bulk_create([Event(kind="post.updated", **edit) for _ in range(OTHERS)])
        return start, {"": "", "follower": cookie_of(cast.follower), "stranger": cookie_of(cast.stranger)}

    return await write()


@pytest.fixture
def rows(monkeypatch) -> dict[type[Model], list[int]]:
    """Number of rows of each query, by model."""
    rows: defaultdict[type[Model], list[int]] = defaultdict(list)
    fetch: Callable[[QuerySet], None] = QuerySet._fetch_all

    def counted(queryset: QuerySet) -> None:
        is_new = queryset._result_cache is None
        fetch(queryset)
        if is_new:
            rows[queryset.model].append(len(queryset))

    monkeypatch.setattr(QuerySet, "_fetch_all", counted)
    return rows


async def test_a_replay_reads_no_more_than_200_rows_at_once(long_log, hub, rows):
    start, cookies = long_log
    for who, view, expected in (("follower", "home", 199), ("", "public", 200), ("stranger", "home", 1)):
        hub.log._rendered.clear()  # each replay reads its posts
        rows.clear()
        reader = await Reader(f"view={view}&after={start}", cookies[who]).open()
        ids = await replayed_ids(reader)
        await reader.close()

        assert len(ids) == len(set(ids)) == expected
        row_counts = [count for counts in rows.values() for count in counts]
        assert max(row_counts) <= MAX_ROWS
        print(f"{expected} posts, {POSTS + OTHERS} events: {len(row_counts)} queries, at most {max(row_counts)} rows")


async def replayed_ids(reader: Reader) -> list[int]:
    """Returns the ids of the posts of a replay, up to its final heartbeat."""
    await reader.frames("hello")
    ids: list[int] = []
    while (frame := await reader.frame(heartbeats=True))["type"] != "heartbeat":
        ids.append(frame["id"])
    return ids
