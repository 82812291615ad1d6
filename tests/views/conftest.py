"""Test clients: one for each of the cast, and one for a visitor."""

import pytest
from django.test import Client

from tests.factories import Cast, make_post, signed_in


@pytest.fixture
def author(cast: Cast) -> Client:
    return signed_in(cast.author)


@pytest.fixture
def follower(cast: Cast) -> Client:
    return signed_in(cast.follower)


@pytest.fixture
def stranger(cast: Cast) -> Client:
    return signed_in(cast.stranger)


@pytest.fixture
def visitor(db) -> Client:
    return Client()


@pytest.fixture
def post(cast: Cast):
    """A post by the author."""
    return make_post(cast.author, "Good morning.", title="Today")
