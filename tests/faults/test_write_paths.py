"""Whatever is written, and however: a page that followed the events equals a page freshly loaded."""

import time
from collections.abc import Callable
from urllib.error import HTTPError

import pytest

from livefeed.models import User
from tests.faults.write_paths import PATHS, Scene
from tests.stack.crowd import Crowd
from tests.stack.page import Article
from tests.stack.reader import Reader


@pytest.fixture
def scene(site, cast, tmp_path) -> Scene:
    return Scene(site, cast, tmp_path)


@pytest.mark.parametrize("write", PATHS, ids=lambda write: write.__name__)
def test_a_page_that_followed_the_events_equals_one_freshly_loaded(crowd, cast, scene, write: Callable[[Scene], None]):
    crowd.settle()
    watched = [(cast.follower, "/"), (None, "/"), (None, "/@author/"), (cast.follower, f"/posts/{scene.post.pk}/")]
    there = [crowd.open(user, path) for user, path in watched]
    away = [crowd.load(user, path) for user, path in watched[:2]]
    stranger = crowd.open(cast.stranger)
    before = [list(reader.posts.shown) for reader in there]

    write(scene)
    crowd.settle()
    for reader in away:
        crowd.go_live(reader)

    fresh = [shown_anew(crowd, user, path) for user, path in watched]
    began = time.monotonic()
    for reader, expected in zip((*there, *away), (*fresh, *fresh[:2]), strict=True):
        follows(crowd, reader, expected)
    seconds = time.monotonic() - began
    assert fresh != before
    assert not any(kind.startswith("post.") for kind, _ in stranger.received)
    print(f"{write.__name__.replace('_', ' ')}: equal {seconds:.1f} s later")


def follows(crowd: Crowd, reader: Reader, expected: list[Article]) -> None:
    """Waits until a page shows exactly this."""
    crowd.wait(reader, lambda: not reader.is_refetching and reader.posts.shown == expected)


def shown_anew(crowd: Crowd, user: User | None, path: str) -> list[Article]:
    """What a freshly loaded page shows; nothing if there is no such page any more."""
    try:
        return crowd.load(user, path).posts.shown
    except HTTPError as error:
        if error.code != 404:
            raise
        return []
