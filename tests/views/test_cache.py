"""What is kept is never stale: after every write each page is the same, kept, made anew, and with nothing kept."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import Mock, patch

import pytest
from django.core.cache import caches
from django.template.loader import render_to_string
from django.test import Client

from livefeed.content.fragments import render_post
from livefeed.content.images import AVATAR
from livefeed.models import Bookmark, Follow, Like, Picture, Post, Profile, User
from tests.factories import Cast, make_post, signed_in
from tests.image_files import file

PAGES = ["/", "/explore/", "/@author/", "/@author/replies/", "/@author/media/", "/@author/likes/", "/tags/one/"]
PAGES += ["/posts/{post}/", "/posts/{reply}/", "/bookmarks/", "/notifications/", "/@follower/"]
NOTHING_KEPT = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}


class Scene:
    """The author's post with a reply below it and one of the follower's, liked and bookmarked; who reads."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.post = make_post(cast.author, "First #one, @follower.", title="Today")
        self.reply = make_post(cast.author, "Second #one.", parent=self.post)
        self.other = make_post(cast.follower, "By the follower.")
        Like.objects.add(cast.author, self.other)
        Bookmark.objects.add(cast.follower, self.post)
        Profile.objects.for_user(cast.author).update(name="Author", about="**Writes**", links=[], avatar=None)
        self.author, self.readers = signed_in(cast.author), [signed_in(cast.follower), Client()]

    def pages(self) -> dict[tuple[int, str], str]:
        """Every page as each of the readers gets it, less what differs each time."""
        addresses = [page.format(post=self.post.pk, reply=self.reply.pk) for page in PAGES]
        answers = {(number, page): each.get(page) for number, each in enumerate(self.readers) for page in addresses}
        return {key: settled(answer.content.decode()) for key, answer in answers.items()}


ONCE = r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|name="key" value="[^"]*"|(data-upto|value)="20[^"]*"'


def settled(html: str) -> str:
    """A page without its nonce, token, the key of the next post and the moment it was made."""
    return re.sub(ONCE, "", html)


def avatar(scene: Scene) -> None:
    picture = Picture.objects.store(scene.cast.author, file(), AVATAR)
    Profile.objects.for_user(scene.cast.author).update(name="Author", about="", links=[], avatar=picture)


def about(scene: Scene) -> None:
    link = "https://example.org/"
    Profile.objects.for_user(scene.cast.author).update(name="Other", about="*Reads*", links=[link], avatar=None)


def restored(scene: Scene) -> None:
    scene.post.remove()
    scene.pages()
    scene.post.restore()


def edited_by_form(scene: Scene) -> None:
    version = Post.objects.get(pk=scene.post.pk).version
    form = {"title": "", "body": "By the form.", "version": str(version)}
    assert scene.author.post(f"/posts/{scene.post.pk}/", form).status_code == 302


WRITES: dict[str, list[Callable[[Scene], object]]] = {
    "posts": [
        lambda scene: make_post(scene.cast.author, "Third #one."),
        lambda scene: scene.post.edit(title="Else", body="Edited #two.", seen_version=1),
        edited_by_form,
        restored,
        lambda scene: make_post(scene.cast.stranger, "Third.", parent=scene.post),
        lambda scene: scene.reply.delete(),
        lambda scene: scene.post.remove(),
        lambda scene: scene.post.delete(),
        lambda scene: Post.objects.filter(author=scene.cast.follower).delete(),
    ],
    "ties": [
        lambda scene: Like.objects.add(scene.cast.stranger, scene.post),
        lambda scene: Like.objects.remove(scene.cast.author, scene.other),
        lambda scene: Bookmark.objects.remove(scene.cast.follower, scene.post),
        lambda scene: scene.cast.stranger.follow(scene.cast.author),
        lambda scene: Follow.objects.set_bell(scene.cast.follower, scene.cast.author, True),
        lambda scene: scene.cast.follower.unfollow(scene.cast.author),
        lambda scene: scene.cast.stranger.delete(),
    ],
    "people": [
        avatar,
        about,
        lambda scene: User.objects.get(pk=scene.cast.author.pk).save(),
        lambda scene: User.objects.filter(pk=scene.cast.follower.pk).update(name="In bulk"),
        lambda scene: Post.objects.update(body="In bulk."),
        lambda scene: Profile.objects.update(about="In bulk."),
        lambda scene: User.objects.filter(pk=scene.cast.author.pk).update(is_active=False),
        lambda scene: scene.cast.author.delete(),
    ],
}


@contextmanager
def rendered() -> Iterator[Mock]:
    """The templates that are rendered for keeping meanwhile."""
    with patch("livefeed.content.fragments.render_to_string", wraps=render_to_string) as render:
        yield render


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    caches["fragments"].clear()
    yield
    caches["fragments"].clear()


@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES.keys())
def test_each_page_is_as_if_nothing_had_been_kept(cast, settings, writes):
    scene = Scene(cast)
    kept, shut_off = settings.CACHES, {**settings.CACHES, "fragments": NOTHING_KEPT}
    before = scene.pages()
    for write in writes:
        write(scene)
        after = scene.pages()
        settings.CACHES = shut_off
        assert scene.pages() == after
        settings.CACHES = kept
        before = after
    caches["fragments"].clear()
    assert scene.pages() == before


def test_a_post_is_rendered_once_however_many_pages_show_it(cast):
    post, readers = make_post(cast.author), [signed_in(cast.follower), Client()]
    with rendered() as render:
        for reader in readers:
            for page in ("/explore/", "/@author/", f"/posts/{post.pk}/"):
                assert reader.get(page).status_code == 200
    assert sorted(call.args[0] for call in render.call_args_list) == ["posts/_post.html", "profiles/_card.html"]


@pytest.mark.parametrize("act", [lambda post: post.delete(), lambda post: post.remove(), lambda post: post.save()])
def test_what_is_old_is_freed(cast, act):
    post = make_post(cast.author)
    render_post(post)
    name = f"post:{post.pk}"
    assert caches["fragments"].get(name)
    act(post)
    assert caches["fragments"].get(name) is None


def test_nothing_is_kept_where_that_is_shut_off(cast, settings):
    settings.CACHES = {**settings.CACHES, "fragments": NOTHING_KEPT}
    post = make_post(cast.author)
    with rendered() as render:
        assert render_post(post) == render_post(post)
    assert render.call_count == 2
