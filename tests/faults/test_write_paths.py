"""Every way of writing: a page updated by events equals a freshly loaded page."""

import time
from urllib.error import HTTPError

import pytest

from livefeed.models import User
from tests.faults.conftest import full_or
from tests.faults.write_paths import EACH, GROUPS, Scene, Steps
from tests.stack.crowd import Crowd
from tests.stack.page import Article
from tests.stack.reader import Reader


@pytest.fixture
def scene(site, cast, tmp_path) -> Scene:
    return Scene(site, cast, tmp_path)


PATHS = full_or(GROUPS, EACH)


@pytest.mark.parametrize("steps", PATHS.values(), ids=PATHS)
def test_pages_updated_by_events_equal_freshly_loaded_ones(crowd, cast, scene, steps: Steps):
    crowd.settle()
    changed = scene.posts[: max(map(len, steps))]
    threads = [(cast.follower, f"/posts/{post.pk}/") for post in changed]
    watched = [(cast.follower, "/"), (None, "/"), (None, "/@author/"), *threads]
    there = [crowd.open(user, path) for user, path in watched]
    away = [crowd.load(user, path) for user, path in watched[:2]]
    stranger = crowd.open(cast.stranger)
    before = [list(reader.posts.shown) for reader in there]

    for writes in steps:
        for write, post in zip(writes, changed, strict=False):
            scene.write(write, post)
        crowd.settle()
        for reader in away:
            crowd.go_live(reader)

        fresh = [freshly_shown(crowd, user, path) for user, path in watched]
        began = time.monotonic()
        for reader, expected in zip((*there, *away), (*fresh, *fresh[:2]), strict=True):
            wait_until_equal(crowd, reader, expected)
        seconds = time.monotonic() - began
        assert fresh != before
        assert len(writes) == 1 or not any(reader.resets for reader in (*there, *away))
        names = ", ".join(write.__name__.replace("_", " ") for write in writes)
        print(f"{names}: equal {seconds:.1f} s later")
        before = fresh
        for reader in away:
            crowd.go_offline(reader)
    assert not any(kind.startswith("post.") for kind, _ in stranger.received)


def wait_until_equal(crowd: Crowd, reader: Reader, expected: list[Article]) -> None:
    """Waits until a page shows exactly the expected posts."""
    crowd.wait(reader, lambda: not reader.is_refetching and reader.posts.shown == expected)


def freshly_shown(crowd: Crowd, user: User | None, path: str) -> list[Article]:
    """Returns the posts of a freshly loaded page; none if the page no longer exists."""
    try:
        return crowd.load(user, path).posts.shown
    except HTTPError as error:
        if error.code != 404:
            raise
        return []
