"""Metrics for Prometheus: their names, and the clients allowed to read them."""

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
    "rate_limited": "counter",
    "requests_running": "gauge",
    "hub_failures": "counter",
    "hub_queries": "counter",
    "hub_slice_seconds": "histogram",
    "receiver_seconds": "summary",
    "tasks": "gauge",
}


def families(client: Client) -> dict[str, str]:
    """Returns the types of Livefeed's metrics by their names without the prefix."""
    text = client.get("/metrics").content.decode()
    types = {family.name: family.type for family in text_string_to_metric_families(text)}
    own = {name: kind for name, kind in types.items() if name.startswith("livefeed_") and not name.endswith("_created")}
    return {name.removeprefix("livefeed_"): kind for name, kind in own.items()}


def test_every_metric_has_its_name_and_type(visitor):
    assert families(visitor) == NAMES


def test_sockets_are_counted_by_kind_and_worker(visitor, settings):
    text = visitor.get("/metrics").content.decode()
    sockets = next(each for each in text_string_to_metric_families(text) if each.name == "livefeed_sockets")
    assert {sample.labels["kind"] for sample in sockets.samples} == {"browser", "program", "poll"}
    assert {sample.labels["worker"] for sample in sockets.samples} == {settings.LIVEFEED_WORKER}


def test_metrics_change(visitor):
    def renders() -> float:
        text = visitor.get("/metrics").content.decode()
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("livefeed_renders_total"))

    before = renders()
    metrics.renders.inc(3)
    assert renders() == before + 3


def test_metrics_are_plain_text(visitor):
    answer = visitor.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")


# --- Access ---


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("127.9.9.9", 200), ("::1", 200), ("192.0.2.7", 403), ("10.0.0.1", 403), ("", 403)],
)
def test_only_this_machine_is_allowed_without_credentials(visitor, address, status):
    assert visitor.get("/metrics", REMOTE_ADDR=address).status_code == status


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"])
def test_a_proxy_on_this_machine_is_not_allowed(visitor, name):
    assert visitor.get("/metrics", headers={name: "127.0.0.1"}).status_code == 403


def test_behind_a_trusted_proxy_even_a_bare_request_from_this_machine_needs_the_token(visitor, settings):
    settings.LIVEFEED_TRUSTED_PROXIES = 1
    settings.LIVEFEED_METRICS_TOKEN = "secret"
    assert visitor.get("/metrics").status_code == 403
    assert visitor.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200


@pytest.mark.parametrize(
    ("token", "authorization", "status"),
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
def test_other_machines_need_the_token(visitor, settings, token, authorization, status):
    settings.LIVEFEED_METRICS_TOKEN = token
    answer = visitor.get("/metrics", headers={"Authorization": authorization}, REMOTE_ADDR=ELSEWHERE)
    assert answer.status_code == status


def test_staff_are_allowed_from_anywhere_and_other_users_are_not(cast: Cast):
    cast.author.is_staff = True
    cast.author.save()
    assert signed_in(cast.author).get("/metrics", REMOTE_ADDR=ELSEWHERE).status_code == 200
    assert signed_in(cast.follower).get("/metrics", REMOTE_ADDR=ELSEWHERE).status_code == 403


def test_a_refusal_contains_no_metrics(visitor):
    answer = visitor.get("/metrics", REMOTE_ADDR=ELSEWHERE)
    assert "livefeed_sockets" not in answer.content.decode()
