"""Calls of receivers are counted and timed; slow calls are logged."""

import time
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from prometheus_client import REGISTRY

from livefeed.models import User
from livefeed.signals import metrics
from livefeed.signals.metrics import call_stats, measured
from tests.factories import make_cast, make_post, make_user, signed_in
from tests.views.html import Page


def observed(name: str) -> float:
    labels = {"worker": "1", "receiver": name}
    return REGISTRY.get_sample_value("livefeed_receiver_seconds_count", labels) or 0.0


def test_calls_are_counted_exported_and_passed_on():
    @measured
    def receiver(sender: object, **kwargs: Any) -> str:
        """Docstring of the receiver."""
        return f"{sender} {kwargs}"

    name = f"{__name__}.{receiver.__qualname__}"
    assert [receiver(1, more=2), receiver(3)] == ["1 {'more': 2}", "3 {}"]
    assert (call_stats[name].count, observed(name)) == (2, 2)
    assert 0 < call_stats[name].longest <= call_stats[name].seconds
    assert receiver.__doc__ == "Docstring of the receiver."


def test_a_receiver_that_raises_is_counted_and_raises():
    @measured
    def receiver() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        receiver()
    assert call_stats[f"{__name__}.{receiver.__qualname__}"].count == 1


async def test_an_async_receiver_stays_async_and_is_counted():
    @measured
    async def receiver() -> str:
        return "done"

    assert await receiver() == "done"
    assert call_stats[f"{__name__}.{receiver.__qualname__}"].count == 1


def test_a_slow_receiver_is_logged(caplog):
    @measured
    def receiver() -> None:
        pass

    with patch.object(time, "perf_counter", side_effect=[1.0, 1.049, 2.0, 2.051]):
        receiver()
        assert caplog.text == ""
        receiver()
    assert f"{__name__}.{receiver.__qualname__} took 51 ms" in caplog.text
    assert metrics.SLOW_CALL_SECONDS == 0.05


@pytest.mark.django_db
def test_only_staff_see_receivers_and_their_calls():
    cast = make_cast()
    make_post(cast.author)
    counted = call_stats["livefeed.signals.receivers.posts.clean_title"].count
    staff = signed_in(make_user("operator", is_staff=True))
    page = Page(staff.get("/admin/signals/"))
    cells = [each.text for each in page.all("td")]
    place = next(number for number, text in enumerate(cells) if text.split()[:1] == ["clean_title"])
    assert "livefeed/signals/receivers/posts.py:" in cells[place]
    assert cells[place + 1 : place + 3] == ["Post", str(counted)]
    assert "post_published" in page.html
    User.objects.filter(username="operator").update(is_superuser=True)
    assert "/admin/signals/" in staff.get("/admin/").text
    for client in (signed_in(cast.author), Client()):
        assert client.get("/admin/signals/").status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "queries"),
    [
        (
            lambda cast: make_post(cast.author),
            8,
        ),  # two savepoints; the post; its event; followers to notify; the author's count
        (lambda cast: make_post(cast.author, "#one #two"), 9),  # and its tags
        # and the mentioned user, their preference, the notification, its event
        (lambda cast: make_post(cast.author, "@stranger"), 12),
        # among them the notification, its event, two counts
        (lambda cast: cast.stranger.follow(cast.author), 14),
        (lambda cast: make_user("newcomer"), 6),
    ],
    ids=["a post", "a post with tags", "a post with a mention", "a follow", "a user"],
)
def test_saves_need_no_more_queries_than_before(act, queries, django_assert_num_queries):
    cast = make_cast()
    with django_assert_num_queries(queries):
        act(cast)
