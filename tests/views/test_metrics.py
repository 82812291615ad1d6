"""Figures for Prometheus: who may see them, and by which names."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from consumers import metrics
from tests.factories import Cast, signed_in

ELSEWHERE = "192.0.2.7"
NAMES = {
    "sockets": "gauge",
    "sockets_opened": "counter",
    "sockets_refused": "counter",
    "deliveries": "counter",
    "writes": "counter",
    "delivery_delay_seconds": "histogram",
    "catch_ups": "counter",
    "resets": "counter",
    "rings_lost": "counter",
    "slow_readers": "gauge",
    "slow_readers_closed": "counter",
    "renders": "counter",
    "poisoned": "counter",
    "requests_running": "gauge",
    "hub_failures": "counter",
    "hub_queries": "counter",
    "hub_slice_seconds": "histogram",
    "receiver_seconds": "summary",
    "tasks": "gauge",
}


def families(client: Client) -> dict[str, str]:
    """The names of Livefeed's own figures, without their prefix, and their kinds."""
    text = client.get("/metrics").content.decode()
    told = {family.name: family.type for family in text_string_to_metric_families(text)}
    own = {name: kind for name, kind in told.items() if name.startswith("livefeed_") and not name.endswith("_created")}
    return {name.removeprefix("livefeed_"): kind for name, kind in own.items()}


def test_every_figure_has_its_name_and_kind(visitor):
    assert families(visitor) == NAMES


def test_sockets_are_told_by_kind_and_worker(visitor, settings):
    text = visitor.get("/metrics").content.decode()
    sockets = next(each for each in text_string_to_metric_families(text) if each.name == "livefeed_sockets")
    assert {sample.labels["kind"] for sample in sockets.samples} == {"browser", "program", "poll"}
    assert {sample.labels["worker"] for sample in sockets.samples} == {settings.LIVEFEED_WORKER}


def test_figures_move(visitor):
    def renders() -> float:
        text = visitor.get("/metrics").content.decode()
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("livefeed_renders_total"))

    before = renders()
    metrics.renders.inc(3)
    assert renders() == before + 3


def test_it_is_plain_text_that_no_cache_of_a_page_needs(visitor):
    answer = visitor.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")


# --- Who may ---


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("127.9.9.9", 200), ("::1", 200), ("192.0.2.7", 403), ("10.0.0.1", 403), ("", 403)],
)
def test_this_machine_may_and_others_may_not(visitor, address, status):
    assert visitor.get("/metrics", REMOTE_ADDR=address).status_code == status


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "Via"])
def test_a_proxy_on_this_machine_speaks_for_somebody_else(visitor, name):
    assert visitor.get("/metrics", headers={name: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "told", "status"),
    [
        ("secret", "Bearer secret", 200),
        ("secret", "Bearer wrong", 403),
        ("secret", "Bearer", 403),
        ("secret", "secret", 403),
        ("secret", "Bearer secrét", 403),
        ("secret", "", 403),
        ("", "Bearer ", 403),
        ("", "", 403),
    ],
)
def test_from_elsewhere_it_takes_the_operator_s_token(visitor, settings, wanted, told, status):
    settings.LIVEFEED_METRICS_TOKEN = wanted
    assert visitor.get("/metrics", headers={"Authorization": told}, REMOTE_ADDR=ELSEWHERE).status_code == status


def test_staff_may_from_anywhere_and_other_people_may_not(cast: Cast):
    cast.author.is_staff = True
    cast.author.save()
    assert signed_in(cast.author).get("/metrics", REMOTE_ADDR=ELSEWHERE).status_code == 200
    assert signed_in(cast.follower).get("/metrics", REMOTE_ADDR=ELSEWHERE).status_code == 403


def test_a_refusal_tells_no_figures(visitor):
    answer = visitor.get("/metrics", REMOTE_ADDR=ELSEWHERE)
    assert "livefeed_sockets" not in answer.content.decode()
