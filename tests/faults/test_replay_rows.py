"""How much one reading of the log may bring when somebody comes back after long."""

from collections import defaultdict
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.db.models import Model, QuerySet

from livefeed.models import Event
from tests.factories import cookie_of, make_cast, make_post
from tests.faults.conftest import full_or, post_many
from tests.live.conftest import Reader

POSTS, ROWS_MOST = 199, 200
OTHERS = full_or(2_500, 20_000)
"""Events that follow these posts, more than a hub remembers: who missed them all is answered from the database."""


@pytest.fixture
async def long_log(transactional_db) -> tuple[int, dict[str, str]]:
    """The log of a week before the hub starts: the position before it, and the cookies of those who missed it."""

    @sync_to_async
    def write() -> tuple[int, dict[str, str]]:
        cast = make_cast()
        start = Event.objects.head()
        post_many(cast.author, POSTS)
        other = make_post(cast.stranger, "Edited over and over.")
        edit = {"kind": Event.Kind.POST_UPDATED, "subject_id": other.pk, "actor_id": cast.stranger.pk}
        Event.objects.bulk_create([Event(**edit) for _ in range(OTHERS)])
        return start, {"": "", "follower": cookie_of(cast.follower), "stranger": cookie_of(cast.stranger)}

    return await write()


@pytest.fixture
def rows(monkeypatch) -> dict[type[Model], list[int]]:
    """How many rows each query of each model brought."""
    rows: defaultdict[type[Model], list[int]] = defaultdict(list)
    fetch: Callable[[QuerySet], None] = QuerySet._fetch_all

    def counted(queryset: QuerySet) -> None:
        is_new = queryset._result_cache is None
        fetch(queryset)
        if is_new:
            rows[queryset.model].append(len(queryset))

    monkeypatch.setattr(QuerySet, "_fetch_all", counted)
    return rows


@pytest.mark.parametrize(
    ("who", "view", "told"), [("follower", "home", 199), ("", "public", 200), ("stranger", "home", 1)]
)
async def test_a_replay_reads_no_more_than_200_rows_at_once(long_log, hub, rows, who, view, told):
    start, cookies = long_log
    rows.clear()
    reader = await Reader(f"view={view}&after={start}", cookies[who]).open()
    ids = await told_until_the_heartbeat(reader)
    await reader.close()

    assert len(ids) == len(set(ids)) == told
    brought = [count for counts in rows.values() for count in counts]
    assert max(brought) <= ROWS_MOST
    print(f"{told} posts told after {POSTS + OTHERS} events: {len(brought)} queries, {max(brought)} rows at most")


async def told_until_the_heartbeat(reader: Reader) -> list[int]:
    """The ids of the posts of a replay, which a heartbeat ends."""
    await reader.frames("hello")
    ids: list[int] = []
    while (frame := await reader.frame(heartbeats=True))["type"] != "heartbeat":
        ids.append(frame["id"])
    return ids
