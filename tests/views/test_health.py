"""Health checks for a supervisor and a load balancer."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.db import OperationalError

from livefeed.observability import health


@pytest.fixture
def _no_database() -> Iterator[None]:
    with patch("livefeed.observability.health.connection.cursor", side_effect=OperationalError("secret host name")):
        yield


def test_a_process_that_answers_is_alive(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.usefixtures("_no_database")
def test_a_process_without_its_database_is_alive(client):
    assert client.get("/healthz").status_code == 200


def test_a_process_with_its_database_is_ready(client, db):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok"}


@pytest.mark.usefixtures("_no_database")
def test_a_process_without_its_database_is_not_ready_and_reveals_no_secrets(client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": "failed: OperationalError"}


def test_a_failed_channel_layer_is_reported_but_leaves_the_process_ready(client, db):
    with patch.dict(health.probes, layer=lambda: "does not answer", hub=lambda: None):
        answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "hub": "ok", "layer": "does not answer"}


def test_a_process_with_a_failed_hub_is_not_ready(client, db):
    with patch.dict(health.probes, hub=lambda: "has not looked at the log for 60 s", layer=lambda: None):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["hub"] == "has not looked at the log for 60 s"


@pytest.mark.parametrize(("part", "status"), [("hub", 503), ("layer", 200)])
def test_a_probe_that_raises_counts_as_failed(client, db, part, status):
    def broken() -> str | None:
        raise RuntimeError("on purpose")

    with patch.dict(health.probes, {part: broken}):
        answer = client.get("/readyz")

    assert answer.status_code == status
    assert answer.json()[part] == "failed: RuntimeError"
