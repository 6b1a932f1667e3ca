"""GET /v1/figures"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.domain import Role
from moderation.record import Record
from tests.api.checks import errors, post, problem
from tests.fakes import RUDE


@pytest.fixture
def mia(app: Flask, record: Record) -> FlaskClient:
    """A client with the token of a moderator."""
    record.moderators.create("mia", {"demo": Role.MODERATOR}, "a long password")
    mia = app.test_client()
    mia.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {record.tokens.issue('mia')}"
    return mia


def test_an_empty_site_has_figures_too(mia: FlaskClient):
    figures = mia.get("/v1/figures").json

    assert figures["site"] == "demo"
    assert figures["queue"] == {"length": 0, "oldest_s": None, "median_s": None}
    assert len(figures["days"]) == 30
    assert figures["waited"]["median_s"] is None
    assert figures["moderators"] == []


def test_what_happened_is_in_the_figures(
    mia: FlaskClient, client: FlaskClient, decide_all: Callable[[], None]
):
    comment = post(client, text=f"You {RUDE}")["id"]
    post(client, text=f"Another {RUDE}")
    decide_all()
    mia.post(f"/v1/comments/{comment}/decision", json={"action": "reject"})

    figures = mia.get("/v1/figures?days=1").json

    assert figures["queue"]["length"] == 1
    assert figures["queue"]["oldest_s"] >= 0
    (today,) = figures["days"]
    assert today["by_source"] == {"classifier": {"held": 2}, "moderator": {"rejected": 1}}
    assert figures["waited"]["histogram"][0] == {"up_to_s": 60, "count": 1}
    assert figures["waited"]["histogram"][-1] == {"up_to_s": None, "count": 0}
    agreed = figures["categories"]["toxicity"]["held_then_rejected"]
    assert (agreed["part"], agreed["whole"], agreed["share"]) == (1, 1, 1.0)
    assert agreed["low"] < 0.5
    (person,) = figures["moderators"]
    assert person["name"] == "mia"
    assert person["decisions"] == {"approve": 0, "hold": 0, "reject": 1}


@pytest.mark.parametrize("days", ["0", "367", "many", "-1"])
def test_days_that_cannot_be(mia: FlaskClient, days: str):
    assert "days" in errors(mia.get(f"/v1/figures?days={days}"))


def test_a_sites_key_does_not_open_them(client: FlaskClient):
    problem(client.get("/v1/figures"), 403, "forbidden")
