"""Tests of the shared list of links."""

import pytest

from links.models import Link
from livefeed.models import User


@pytest.fixture
def ada(transactional_db):
    return User.objects.create_user("ada")


@pytest.fixture
def ben(ada):
    """Follows ada."""
    ben = User.objects.create_user("ben")
    ben.follow(ada)
    return ben


@pytest.fixture
def add(ada):
    """Returns a function that adds a link of ada."""

    def add_link(**fields):
        return Link.objects.create(title="Bread", address="https://example.org/", added_by=ada, **fields)

    return add_link


def test_changes_arrive_exactly_once(live_reader, add, ben):
    link = add()

    live_reader.check_exactly_once(add, view="links")
    live_reader.check_exactly_once(lambda: add(for_followers=True), view="links", user=ben)
    live_reader.check_exactly_once(link.save, view="links", user=ben)
    live_reader.check_exactly_once(link.delete, view="links", user=ben)


def test_nothing_arrives_of_a_rollback(live_reader, add):
    live_reader.check_rollback(add, view="links")


def test_strangers_receive_nothing(live_reader, add, ben):
    live_reader.check_stranger(lambda: add(for_followers=True), view="links")


def test_nothing_arrives_after_unfollowing(live_reader, add, ada, ben):
    live_reader.check_revocation(
        lambda: add(for_followers=True), lambda: ben.unfollow(ada), view="links", user=ben
    )


def test_pages_and_sockets_show_the_same_links(live_reader, add, ada, ben):
    add()
    add(for_followers=True)

    live_reader.check_visibility(Link, [None, ada, ben])


def test_pages_show_changes_exactly_once(live_page, add, ben):
    link = add()

    live_page.check_exactly_once(add, path="/links/", user=ben)
    live_page.check_exactly_once(link.delete, path="/links/")
