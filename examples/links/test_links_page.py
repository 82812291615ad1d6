"""Tests of the shared list of links in a browser."""


def test_pages_show_changes_exactly_once(live_page, add, ben):
    link = add()

    live_page.check_exactly_once(lambda: add(for_followers=True), path="/links/", user=ben)
    live_page.check_exactly_once(link.save, path="/links/")
    live_page.check_exactly_once(link.delete, path="/links/")


def test_pages_do_not_change_by_a_rollback(live_page, add):
    live_page.check_rollback(add, path="/links/")


def test_pages_of_strangers_show_nothing(live_page, add):
    live_page.check_stranger(lambda: add(for_followers=True), path="/links/")


def test_pages_show_nothing_after_unfollowing(live_page, add, ada, ben):
    live_page.check_revocation(lambda: add(for_followers=True), lambda: ben.unfollow(ada), path="/links/", user=ben)
