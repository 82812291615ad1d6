"""Another app of the site whose receivers and hooks raise, and transactions that are rolled back."""

from contextlib import suppress

from django.db import transaction

from livefeed.models import Post, User
from tests.factories import make_post
from tests.faults.conftest import assert_received_nothing, full_or, home_of
from tests.faults.neighbour.misbehaviour import AFTER_THE_WAKE_UP, BEFORE_THE_WAKE_UP, IN_THE_SAVE
from tests.stack.crowd import Crowd
from tests.stack.people import Person

ROUNDS = full_or(5, 100)
TEXTS = "All is well", IN_THE_SAVE, BEFORE_THE_WAKE_UP, AFTER_THE_WAKE_UP


def test_exactly_the_committed_posts_appear_and_are_answered_with_success(shaken_site, cast):
    author = Person(shaken_site, cast.author)
    bodies = [f"{text}, {number}" for number in range(ROUNDS) for text in TEXTS]
    with Crowd(shaken_site) as crowd:
        follower = crowd.open(cast.follower)
        visitor = crowd.open(None)
        stranger = crowd.open(cast.stranger)

        answers = {}
        for body in bodies:
            roll_back(cast.author, f"Never happened: {body}")
            answers[body] = author.send("/posts/", title="", body=body)

        expected = home_of(cast.follower)
        committed = set(Post.objects.values_list("body", flat=True))
        seconds = max(crowd.exact(reader, expected) for reader in (follower, visitor))
        assert_received_nothing(crowd, stranger, cast)
    assert committed == {body for body in bodies if IN_THE_SAVE not in body}
    assert {body for body, status in answers.items() if status == 200} == committed
    print(
        f"{len(committed)} of {2 * len(bodies)} posts committed, exact {seconds:.1f} s later, each answered by success"
    )


def roll_back(author: User, body: str) -> None:
    """Creates a post in a transaction that is rolled back."""
    with suppress(RuntimeError), transaction.atomic():
        make_post(author, body)
        raise RuntimeError("on purpose")
