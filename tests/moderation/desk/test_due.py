"""What would go at the next sweep is what goes at it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from moderation.desk import due as module
from moderation.desk.deciding import Desk, Verdict
from moderation.desk.due import Due, due
from moderation.desk.upkeep import keeping
from moderation.domain import Action
from moderation.record import Record
from moderation.retention import MOST_DAYS, Retention
from tests.conftest import DEMO_SITE, new_comment
from tests.fakes import RUDE
from tests.moderation.desk.conftest import ANNA, Post

AUTHOR = {"id": "anna", "email": "anna@example.org"}
LATER = datetime.now(UTC) + timedelta(days=100)
NOTHING = {rule: Due(0, is_all=True) for rule in Retention().to_json()}


@pytest.fixture
def lived_in(post: Post, client: FlaskClient, record: Record) -> None:
    """A site with something of everything, due and not."""
    post("fine", id="c1", author=AUTHOR)
    post("fine too", id="c2", author={"id": "zoe"})
    post(f"You {RUDE}", id="held", author=AUTHOR)
    client.post("/v1/articles/a1/comments", json=new_comment(id="pending", author=AUTHOR))
    Desk(record).decide(ANNA, "c1", Verdict(Action.REJECT))
    client.put("/v1/policy", json={"link_limit": 1})


@pytest.mark.usefixtures("lived_in")
@pytest.mark.parametrize(
    "rules",
    [
        Retention(comments=90, personal=30, labels=90, decisions=90, audit=90),
        Retention(personal=30),
        Retention(personal=None),
        Retention(comments=101, personal=101, labels=101, decisions=101, audit=101),
        Retention(**dict.fromkeys(Retention().to_json(), MOST_DAYS)),
    ],
)
def test_what_is_counted_is_what_the_sweep_takes_out(record: Record, rules: Retention) -> None:
    found = due(record, DEMO_SITE, rules, now=LATER)

    with keeping(record, None, now=lambda: LATER) as keeper:
        swept = asdict(keeper.sweep(DEMO_SITE, rules))

    swept["comments"] = swept.pop("erased") + swept.pop("archived")
    assert {rule: one.count for rule, one in found.items()} == swept
    assert all(one.is_all for one in found.values())


@pytest.mark.usefixtures("lived_in")
def test_counting_takes_nothing_out(record: Record, client: FlaskClient) -> None:
    everything = Retention(comments=0, personal=0, labels=0, decisions=0, audit=0)
    first = due(record, DEMO_SITE, everything, now=LATER)

    assert first["comments"].count == 2
    assert first["decisions"].count > 0
    assert due(record, DEMO_SITE, everything, now=LATER) == first
    assert client.get("/v1/comments/c1").json["author"]["email"] == AUTHOR["email"]


@pytest.mark.usefixtures("lived_in")
def test_of_a_large_site_it_says_that_there_may_be_more(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOKED_AT", 2)
    found = due(record, DEMO_SITE, Retention(decisions=1), now=LATER)

    assert found["decisions"] == Due(2, is_all=False)
    assert not found["comments"].is_all
    assert not found["personal"].is_all


def test_nothing_goes_from_an_empty_site(record: Record) -> None:
    rules = Retention(comments=0, personal=0, labels=0, decisions=0, audit=0)
    assert due(record, DEMO_SITE, rules) == NOTHING
