"""GET /v1/drift, GET /v1/review and what /metrics says of drift"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from moderation.policy import Policy
from moderation.record import Record
from moderation.record.daily import EPOCH
from tests.api.checks import errors, post, problem

USUAL = {
    "seen|v1": 100,
    "decided|classifier|held": 5,
    "decided|classifier|approved": 95,
    "language|en": 90,
    "language|de": 10,
    "words|all": 1_000,
    "words|unknown": 20,
    **{f"score|toxicity|{at}": 10 for at in range(10)},
}
#: Since a week, half of what comes in is held.
CHANGED = USUAL | {"decided|classifier|held": 50, "decided|classifier|approved": 50}


@pytest.fixture
def changed(record: Record) -> None:
    """Eight weeks of figures, the last of which is another."""
    today = (datetime.now(UTC).date() - EPOCH).days
    for ago in range(1, 60):
        figures = CHANGED if ago <= 7 else USUAL
        record.connection.hset(f"moderation:{{0}}:daily:demo:{today - ago}", mapping=figures)


def test_a_new_site_has_nothing_to_tell(anna: FlaskClient):
    found = anna.get("/v1/drift").json
    assert found["site"] == "demo"
    assert found["alerts"] == []
    assert {one["level"] for one in found["measures"]} == {"unknown"}
    assert {len(one["days"]) for one in found["measures"]} == {56}


@pytest.mark.usefixtures("changed")
def test_what_changed_is_told_with_the_day(anna: FlaskClient):
    found = anna.get("/v1/drift?days=20").json
    measures = {one["measure"]: one for one in found["measures"]}
    assert [one for one in found["alerts"] if one.startswith("Comments held")] == found[
        "alerts"
    ]
    held = measures["held"]
    assert (held["kind"], held["level"], len(held["days"])) == ("share", "alert", 20)
    assert held["days"][-1]["value"] == 0.5
    assert held["days"][0]["level"] == "usual"
    assert held["since"] in {day["date"] for day in held["days"][-7:]}
    assert measures["languages"]["level"] == "usual"
    assert measures["scores:toxicity"]["kind"] == "psi"


@pytest.mark.usefixtures("changed")
def test_prometheus_is_told_of_it(client: FlaskClient):
    text = client.get("/metrics").text
    assert 'moderation_drift{measure="held",site="demo"} 0.5' in text
    assert 'moderation_drift_alert{measure="held",site="demo"} 1.0' in text
    assert 'moderation_drift_alert{measure="languages",site="demo"} 0.0' in text


@pytest.mark.parametrize("days", ["0", "181", "many"])
def test_days_that_cannot_be(anna: FlaskClient, days: str):
    assert "days" in errors(anna.get(f"/v1/drift?days={days}"))


@pytest.mark.parametrize("path", ["/v1/drift", "/v1/review"])
def test_a_sites_key_opens_neither(client: FlaskClient, path: str):
    problem(client.get(path), 403, "forbidden")


def test_drawn_comments_are_listed_until_somebody_decides(
    anna: FlaskClient,
    client: FlaskClient,
    record: Record,
    decide_all: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
):
    record.policies.put("demo", replace(Policy(duplicates=None), review_share=0.1))
    monkeypatch.setattr("workers.placing.is_drawn", lambda *_, share: share > 0)
    ids = [post(client, text=f"Remark number {number}")["id"] for number in range(3)]
    decide_all()

    first = anna.get("/v1/review?limit=2").json
    assert [one["id"] for one in first["comments"]] == ids[:2]
    assert (first["total"], first["let_through"]["reviewed"]) == (3, 0)
    second = anna.get(f"/v1/review?limit=2&after={first['next']}").json
    assert [one["id"] for one in second["comments"]] == ids[2:]
    assert second["next"] is None

    anna.post(f"/v1/comments/{ids[0]}/decision", json={"action": "reject"})
    found = anna.get("/v1/review").json
    assert [one["id"] for one in found["comments"]] == ids[1:]
    told = found["let_through"]
    assert (told["reviewed"], told["rejected"], told["approved"]) == (1, 1, 3)
    assert told["share"]["share"] == 1.0
    assert told["share"]["low"] < 0.3


def test_the_queue_is_sorted_by_what_teaches_most(
    anna: FlaskClient, client: FlaskClient, decide_all: Callable[[], None]
):
    ids = [
        post(client, text=text)["id"]
        for text in ("You blockhead, one", "You blockhead, two", "Such a blockhead")
    ]
    decide_all()
    found = [one["id"] for one in anna.get("/v1/queue?sort=diversity").json["comments"]]
    assert found == [ids[0], ids[2], ids[1]]
