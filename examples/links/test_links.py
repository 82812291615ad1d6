"""Tests of the shared list of links, without a server."""

from links.models import Link


def test_changes_arrive_exactly_once(live_reader, add, ben):
    link = add()

    live_reader.check_exactly_once(add, view="links")
    live_reader.check_exactly_once(lambda: add(for_followers=True), view="links", user=ben)
    live_reader.check_exactly_once(link.save, view="links", user=ben)
    live_reader.check_exactly_once(lambda: Link.objects.filter(pk=link.pk).update(title="Rye"), view="links")
    link.for_followers = True
    live_reader.check_exactly_once(link.save, view="links", user=ben)  # deleted for all, created for followers
    live_reader.check_exactly_once(link.delete, view="links", user=ben)


def test_nothing_arrives_of_a_rollback(live_reader, add):
    live_reader.check_rollback(add, view="links")


def test_strangers_receive_nothing(live_reader, add, ben):
    live_reader.check_stranger(lambda: add(for_followers=True), view="links")


def test_nothing_arrives_after_unfollowing(live_reader, add, ada, ben):
    live_reader.check_revocation(lambda: add(for_followers=True), lambda: ben.unfollow(ada), view="links", user=ben)


def test_pages_and_sockets_show_the_same_links(live_reader, add, ada, ben):
    add()
    add(for_followers=True)

    live_reader.check_visibility(Link, [None, ada, ben])
