"""Polls: each user votes once, every vote counts, and no one learns who voted for what."""

import uuid
from contextlib import suppress
from datetime import timedelta

import pytest

from livefeed.models import Event, NewPoll, NotActivatedError, Poll, Post, Vote, VoteError
from livefeed.models.counters import COUNTS
from livefeed.models.reaction import reactions_by
from tests.factories import make_poll, make_post, make_user
from tests.models.at_once import at_once

WRITERS = 16


@pytest.fixture
def poll(cast) -> Poll:
    return make_poll(cast.author)


def ids(poll: Poll) -> list[int]:
    return [option.pk for option in poll.options.all()]


def counts(poll: Poll) -> tuple[int, list[int]]:
    """Returns the number of voters, and the votes of each option."""
    shown = Poll.objects.get(pk=poll.pk).counts
    return shown["votes"], shown["options"]


def test_a_vote_counts_once_and_is_final(cast, poll):
    tea, coffee = ids(poll)
    for _ in range(2):
        poll.vote(cast.follower, [tea])
    with pytest.raises(VoteError, match="already voted"):
        poll.vote(cast.follower, [coffee])
    poll.vote(cast.author, [coffee])
    assert counts(poll) == (2, [1, 1])
    assert Event.objects.filter(kind="post.counted").count() == 2
    assert Post.objects.get().version == 1


def test_several_options_count_as_one_voter(cast):
    poll = make_poll(cast.author, "Mon", "Tue", "Wed", is_multiple=True)
    monday, tuesday, _ = ids(poll)
    poll.vote(cast.follower, [monday, tuesday])
    poll.vote(cast.stranger, [monday])
    assert counts(poll) == (2, [2, 1, 0])
    assert [option.percent for option in Poll.objects.get().options.all()] == [100, 50, 0]


@pytest.mark.parametrize("choice", ["none", "two of one", "of another poll"])
def test_a_vote_for_other_options_is_refused(cast, poll, choice):
    other = make_poll(cast.author)
    chosen = {"none": [], "two of one": ids(poll), "of another poll": ids(other)[:1]}[choice]
    with pytest.raises(VoteError):
        poll.vote(cast.follower, chosen)
    assert (counts(poll), Vote.objects.count()) == ((0, [0, 0]), 0)


def test_a_poll_that_has_ended_takes_no_votes_but_a_repeated_one(cast, poll):
    poll.vote(cast.follower, ids(poll)[:1])
    Poll.objects.update(ends_at=poll.ends_at - timedelta(days=2))
    poll = Poll.objects.get()
    poll.vote(cast.follower, ids(poll)[:1])
    with pytest.raises(VoteError, match="ended"):
        poll.vote(cast.stranger, ids(poll)[:1])
    assert counts(poll) == (1, [1, 0])


def test_a_removed_post_takes_no_votes(cast, poll):
    poll.post.remove()
    with pytest.raises(Post.DoesNotExist):
        poll.vote(cast.follower, ids(poll)[:1])


def test_an_account_that_is_not_activated_cannot_vote(poll):
    with pytest.raises(NotActivatedError):
        poll.vote(make_user(activated_at=None), ids(poll)[:1])


def test_the_post_stays_editable_and_takes_the_poll_with_it(cast, poll):
    poll.vote(cast.follower, ids(poll)[:1])
    poll.post.edit(title="", body="Coffee or tea?", seen_version=1)
    assert counts(poll) == (1, [1, 0])
    Post.objects.get().delete()
    assert not Poll.objects.exists()
    assert not Vote.objects.exists()


def test_a_deleted_users_vote_still_counts_but_belongs_to_no_user(cast, poll):
    poll.vote(cast.follower, ids(poll)[:1])
    poll.vote(cast.stranger, ids(poll)[:1])
    cast.follower.delete()
    cast.stranger.delete()
    assert counts(poll) == (2, [2, 0])
    assert set(Vote.objects.values_list("user", flat=True)) == {None}
    assert [wrong for count in COUNTS if count.model.startswith("poll") for wrong in count.mismatches()] == []


def test_a_repeated_publication_is_one_poll_and_another_poll_is_another_post(cast):
    key = uuid.uuid4()
    posts = [
        Post.objects.publish(cast.author, title="", body="Which?", key=key, poll=poll)
        for poll in (
            NewPoll(("A", "B"), is_multiple=False, duration=timedelta(days=1)),
            NewPoll(("A", "B"), is_multiple=False, duration=timedelta(days=1)),
            NewPoll(("A", "C"), is_multiple=False, duration=timedelta(days=1)),
            None,
        )
    ]
    assert posts[0] == posts[1]
    assert len({post.pk for post in posts}) == 3
    assert Poll.objects.count() == 2


def test_the_users_own_votes_take_no_more_queries(cast, poll, django_assert_num_queries):
    poll.vote(cast.follower, ids(poll)[1:])
    poll.vote(cast.stranger, ids(poll)[:1])
    posts = [Post.objects.get(pk=poll.pk), make_post(cast.author)]
    with django_assert_num_queries(1):
        own = reactions_by(cast.follower, posts)
    assert own["votes"] == ids(poll)[1:]


def test_sixteen_concurrent_votes_all_count(transactional_db):
    poll = make_poll(make_user("author"), "Mon", "Tue", "Wed", is_multiple=True)
    chosen = ids(poll)[:2]
    waiting = iter([make_user() for _ in range(WRITERS)])
    at_once(lambda: Poll.objects.get().vote(next(waiting), chosen), WRITERS)
    assert counts(poll) == (WRITERS, [WRITERS, WRITERS, 0])


def test_concurrent_votes_of_one_user_are_one(transactional_db):
    poll = make_poll(make_user("author"))
    user = make_user()
    at_once(lambda: Poll.objects.get().vote(user, ids(poll)[:1]))
    assert counts(poll) == (1, [1, 0])


def test_votes_during_a_deletion_cause_no_deadlock(transactional_db):
    poll = make_poll(make_user("author"))
    chosen = ids(poll)[:1]
    users = iter([make_user() for _ in range(7)])
    deletes = iter([True])

    def vote_or_delete() -> None:
        if next(deletes, False):
            Post.objects.get(pk=poll.pk).delete()
        else:
            with suppress(Post.DoesNotExist):
                poll_of_thread = Poll(post_id=poll.pk, is_multiple=False, ends_at=poll.ends_at)
                poll_of_thread.vote(next(users), chosen)

    at_once(vote_or_delete)
    assert not Poll.objects.exists()
