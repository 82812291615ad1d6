"""Cached fragments are never stale: after every write, each page is as if nothing had been cached."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import Mock, patch

import pytest
from django.conf import settings as settings
from django.core.cache import caches
from django.template.loader import render_to_string
from django.test import Client, override_settings

from livefeed.content.fragments import render_card, render_post
from livefeed.content.images import AVATAR
from livefeed.models import Bookmark, Follow, Like, Picture, Post, Profile, User
from tests.factories import Cast, make_post, signed_in
from tests.image_files import file

PAGES = ["/", "/explore/", "/@author/", "/@author/replies/", "/@author/media/", "/@author/likes/", "/tags/one/"]
PAGES += ["/posts/{post}/", "/posts/{reply}/", "/bookmarks/", "/notifications/", "/@follower/"]
NONE = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
NO_CACHE = {**settings.CACHES, "fragments": NONE, "template_fragments": NONE}


class Scene:
    """The author's post and a reply to it, the follower's post, and reactions; read by the follower and a visitor."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.post = make_post(cast.author, "First #one, @follower.", title="Today")
        self.reply = make_post(cast.author, "Second #one.", parent=self.post)
        self.other = make_post(cast.follower, "By the follower.")
        Like.objects.add(cast.author, self.other)
        Bookmark.objects.add(cast.follower, self.post)
        Profile.objects.for_user(cast.author).update(name="Author", about="**Writes**", links=[], avatar=None)
        self.author = signed_in(cast.author)
        self.clients = {"follower": signed_in(cast.follower), "visitor": Client()}
        self.addresses = [page.format(post=self.post.pk, reply=self.reply.pk) for page in PAGES]

    def pages(self) -> dict[tuple[str, str], str]:
        """Returns every page as each reader gets it, by reader and address, without the parts that differ each time."""
        return {
            (reader, address): VARYING.sub("", client.get(address).text)
            for reader, client in self.clients.items()
            for address in self.addresses
        }

    def fragments(self, reader: str) -> dict[str, str]:
        """Renders the posts that a reader may see and all profiles, by name: "post 1" or "card author"."""
        viewer = User.objects.filter(username=reader).first()
        posts = Post.objects.visible_to(viewer).with_related()
        profiles = [Profile.objects.for_user(user) for user in User.objects.filter(is_active=True)]
        fragments: dict[str, str] = {f"post {post.pk}": render_post(post) for post in posts}
        fragments |= {f"card {profile.user.username}": render_card(profile) for profile in profiles}
        return fragments


VARYING = re.compile(
    r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|name="key" value="[^"]*"|(data-upto|value)="20[^"]*"'
)
"""The nonce, the CSRF token, the key of the next post, and the time at which the page was rendered."""


def fragments_on(address: str, html: str) -> list[str]:
    """Returns the names of the fragments that a page contains."""
    names = [f"post {pk}" for pk in re.findall(r'<article id="post-(\d+)"', html)]
    if 'class="profile-names"' in html:
        names.append(f"card {address.split('/')[1].removeprefix('@')}")
    return names


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
    """Records the fragments that are rendered, and so not taken from the cache."""
    with patch("livefeed.content.fragments.render_to_string", wraps=render_to_string) as render:
        yield render


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    caches["fragments"].clear()
    yield
    caches["fragments"].clear()


@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES.keys())
def test_each_page_is_as_if_nothing_had_been_cached(cast, writes):
    """After each write, every cached fragment on a page equals one rendered without the cache. In the end
    whole pages are compared too."""
    scene = Scene(cast)
    scene.pages()
    for number, write in enumerate(writes):
        write(scene)
        pages = scene.pages()
        with override_settings(CACHES=NO_CACHE):
            current = {reader: scene.fragments(reader) for reader in scene.clients}
        for (reader, address), html in pages.items():
            for name in fragments_on(address, html):
                assert current[reader][name] in html, f"{name} on {address} for the {reader} after write {number}"
    with override_settings(CACHES=NO_CACHE):
        assert scene.pages() == pages
    caches["fragments"].clear()
    assert scene.pages() == pages


def test_a_post_is_rendered_once_for_all_pages_that_show_it(cast):
    post = make_post(cast.author)
    readers = [signed_in(cast.follower), Client()]
    with rendered() as render:
        for reader in readers:
            for page in ("/explore/", "/@author/", f"/posts/{post.pk}/"):
                assert reader.get(page).status_code == 200
    assert sorted(call.args[0] for call in render.call_args_list) == ["posts/_post.html", "profiles/_card.html"]


@pytest.mark.parametrize("act", [lambda post: post.delete(), lambda post: post.remove(), lambda post: post.save()])
def test_an_outdated_fragment_is_deleted(cast, act):
    post = make_post(cast.author)
    render_post(post)
    name = f"post:{post.pk}"
    assert caches["fragments"].get(name)
    act(post)
    assert caches["fragments"].get(name) is None


def test_nothing_is_cached_without_a_cache(cast):
    post = make_post(cast.author)
    with override_settings(CACHES=NO_CACHE), rendered() as render:
        assert render_post(post) == render_post(post)
    assert render.call_count == 2
