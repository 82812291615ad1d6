"""Fixtures of the tests: a user, a follower, and a function that adds a link."""

import pytest

from links.models import Link
from livefeed.models import User

pytest_plugins = ["livefeed.testing"]


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
