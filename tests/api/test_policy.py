"""GET and PUT /v1/policy"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.record import Record
from tests.api.checks import client_with_key, errors, post, problem, read, set_policy
from tests.fakes import FRENCH, RUDE, THRESHOLDS

URL = "/v1/policy"
DEFAULT = {
    "thresholds": THRESHOLDS,
    "banned_words": [],
    "suspect_words": [],
    "hold_suspect_words": False,
    "link_limit": None,
    "hold_first_time_authors": False,
    "flood": {"comments": 10, "window_s": 60},
    "duplicates": {"by_author": 1, "by_anyone": 3},
    "held_articles": [],
    "held_authors": [],
    "closed_articles": [],
    "unsupported_language": "hold",
    "reports_to_hold": None,
    "queue_order": "probability",
    "review_share": 0.0,
}
EVERYTHING_SET = {
    "thresholds": {"toxicity": 0.25, "spam": None},
    "banned_words": ["plonker", "日本", "two words"],
    "suspect_words": ["crypto"],
    "hold_suspect_words": True,
    "link_limit": 0,
    "hold_first_time_authors": True,
    "flood": {"comments": 3, "window_s": 90},
    "duplicates": {"by_author": 2, "by_anyone": 5},
    "held_articles": ["https://news.example/a?b=c"],
    "held_authors": ["anna", "日本語"],
    "closed_articles": ["https://news.example/old"],
    "unsupported_language": "approve",
    "reports_to_hold": 2,
    "queue_order": "severity",
    "review_share": 0.05,
}


@pytest.fixture(autouse=True)
def worker_with_a_release(record: Record, release: Any) -> None:
    """The heartbeat of a worker that has loaded the fake release."""
    state = {
        "release": release.version,
        "categories": list(release.categories),
        "thresholds": dict(release.thresholds),
    }
    record.queue.tick("w1", state)


def test_a_new_sites_policy_is_the_default_with_the_releases_thresholds(client: FlaskClient):
    response = client.get(URL)

    assert response.status_code == 200
    assert response.json == DEFAULT
    assert response.headers["ETag"] == '"0"'


def test_what_is_put_is_what_is_got(client: FlaskClient):
    # When
    put = client.put(URL, json=EVERYTHING_SET)

    # Then
    assert put.status_code == 200
    assert put.headers["ETag"] == '"1"'
    got = client.get(URL)
    assert put.json == got.json == EVERYTHING_SET
    assert got.headers["ETag"] == '"1"'


def test_putting_back_what_was_got_changes_nothing(client: FlaskClient):
    for before in (DEFAULT, EVERYTHING_SET):
        set_policy(client, **before)
        assert client.put(URL, json=client.get(URL).json).json == before


def test_what_is_left_out_has_its_default(client: FlaskClient):
    set_policy(client, **EVERYTHING_SET)

    assert client.put(URL, json={"link_limit": 2}).json == {**DEFAULT, "link_limit": 2}


def test_null_switches_a_rule_off(client: FlaskClient):
    rules = {"flood": None, "duplicates": None, "reports_to_hold": None, "link_limit": None}

    assert client.put(URL, json=rules).json == {**DEFAULT, **rules}


def test_thresholds_that_were_not_set_follow_the_release(
    client: FlaskClient, record: Record, release: Any
):
    # Given: the site sets one, and sends the other back as it got it
    set_policy(client, thresholds={"toxicity": 0.3, "spam": THRESHOLDS["spam"]})

    # When: another release comes
    state = {
        "release": "fake-2",
        "categories": ["toxicity", "spam"],
        "thresholds": {"toxicity": 0.6, "spam": 0.5},
    }
    record.queue.tick("w1", state)

    # Then
    assert client.get(URL).json["thresholds"] == {"toxicity": 0.3, "spam": 0.5}


def test_a_changed_policy_is_used_by_the_next_decision(
    client: FlaskClient, decide_all: Callable[[], None]
):
    # Given
    post(client, id="c1", text="a plonker wrote this")
    decide_all()

    # When
    set_policy(client, banned_words=["plonker"])
    post(client, id="c2", text="another plonker wrote that")
    decide_all()

    # Then
    assert read(client, "c1")["status"] == "approved"
    comment = read(client, "c2")
    assert comment["status"] == "held"
    assert comment["decision"]["source"] == "policy"
    assert comment["decision"]["reasons"] == [{"code": "banned_word", "detail": "plonker"}]


def test_a_language_that_the_release_does_not_know_is_held_or_approved_as_the_site_says(
    client: FlaskClient, decide_all: Callable[[], None]
):
    # Given
    post(client, id="c1", text=f"{FRENCH} Madame")
    decide_all()

    # When
    set_policy(client, unsupported_language="approve")
    post(client, id="c2", text=f"{FRENCH} Monsieur")
    decide_all()

    # Then
    held, approved = read(client, "c1"), read(client, "c2")
    assert (held["status"], held["decision"]["source"]) == ("held", "policy")
    assert approved["status"] == "approved"
    for comment in (held, approved):
        assert comment["decision"]["language"] == "fr"
        assert comment["decision"]["scores"]
        assert comment["decision"]["reasons"] == [
            {"code": "unsupported_language", "detail": "fr"}
        ]


@pytest.mark.parametrize(
    ("given", "language", "status"),
    [
        ("en", "en", "approved"),
        ("en-GB", "en", "approved"),
        ("EN_us", "en", "approved"),
        ("fr-CA", "fr", "held"),
        ("gsw", "gsw", "held"),
        ("und", "fr", "held"),
        ("mul", "fr", "held"),
        ("", "fr", "held"),
        ("English", "fr", "held"),
        ("1", "fr", "held"),
        (None, "fr", "held"),
    ],
)
def test_the_language_that_the_site_gives_goes_before_the_one_that_is_detected(
    client: FlaskClient,
    decide_all: Callable[[], None],
    given: str | None,
    language: str,
    status: str,
):
    post(client, id="c1", text=f"{FRENCH} Madame", language=given)
    decide_all()

    comment = read(client, "c1")
    assert (comment["decision"]["language"], comment["status"]) == (language, status)


def test_a_decision_has_no_language_where_it_cannot_be_told(
    client: FlaskClient, decide_all: Callable[[], None]
):
    post(client, id="c1", text="+1 👍")
    decide_all()

    comment = read(client, "c1")
    assert comment["status"] == "approved"
    assert "language" not in comment["decision"]


def test_a_threshold_of_null_never_holds(client: FlaskClient, decide_all: Callable[[], None]):
    set_policy(client, thresholds={"toxicity": None})
    post(client, id="c1", text=f"you {RUDE}")
    decide_all()

    assert read(client, "c1")["status"] == "approved"
    assert read(client, "c1")["decision"]["scores"]["toxicity"] == 0.9


def test_each_site_has_its_own(client: FlaskClient, other_site: str):
    set_policy(client, **EVERYTHING_SET)

    assert client_with_key(client, other_site).get(URL).json == DEFAULT


class TestIfMatch:
    def test_the_present_version_may_be_replaced(self, client: FlaskClient):
        etag = client.get(URL).headers["ETag"]

        first = client.put(URL, json={"link_limit": 1}, headers={"If-Match": etag})
        second = client.put(
            URL, json={"link_limit": 2}, headers={"If-Match": first.headers["ETag"]}
        )

        assert first.status_code == second.status_code == 200
        assert second.headers["ETag"] == '"2"'

    @pytest.mark.parametrize(
        "stale", ['"0"', '"2"', 'W/"1"', '"one"', '"-1"', '"²"', f'"{"9" * 5_000}"', '"01"']
    )
    def test_another_version_may_not(self, client: FlaskClient, stale: str):
        set_policy(client, link_limit=1)

        response = client.put(URL, json={"link_limit": 2}, headers={"If-Match": stale})

        problem(response, 412, "policy-changed")
        assert client.get(URL).json["link_limit"] == 1

    @pytest.mark.parametrize("matching", ["*", '"7", "1"', '"1"'])
    def test_one_of_several_or_any(self, client: FlaskClient, matching: str):
        set_policy(client, link_limit=1)

        response = client.put(URL, json={"link_limit": 2}, headers={"If-Match": matching})

        assert response.status_code == 200

    def test_of_two_who_read_the_same_version_one_is_refused(self, client: FlaskClient):
        etag = {"If-Match": client.get(URL).headers["ETag"]}

        statuses = [client.put(URL, json={}, headers=etag).status_code for _ in range(2)]

        assert statuses == [200, 412]


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"thresholds": {"rudeness": 0.5}}, "thresholds.rudeness"),
        ({"thresholds": {"toxicity": 1.01}}, "thresholds.toxicity"),
        ({"thresholds": {"toxicity": -0.1}}, "thresholds.toxicity"),
        ({"thresholds": {"toxicity": "high"}}, "thresholds.toxicity"),
        ({"thresholds": {"toxicity": True}}, "thresholds.toxicity"),
        ({"thresholds": {"toxicity": 10**400}}, "thresholds.toxicity"),
        ({"thresholds": {"\ud800": 0.5}}, "thresholds.\ud800"),
        ({"thresholds": [0.5]}, "thresholds"),
        ({"thresholds": None}, "thresholds"),
        ({"banned_words": "plonker"}, "banned_words"),
        ({"banned_words": [5]}, "banned_words.0"),
        ({"banned_words": [""]}, "banned_words.0"),
        ({"banned_words": ["fine", "\0"]}, "banned_words.1"),
        ({"banned_words": ["\ud800"]}, "banned_words.0"),
        ({"banned_words": ["x" * 201]}, "banned_words.0"),
        ({"banned_words": ["x"] * 10_001}, "banned_words"),
        ({"suspect_words": None}, "suspect_words"),
        ({"hold_suspect_words": "maybe"}, "hold_suspect_words"),
        ({"hold_first_time_authors": None}, "hold_first_time_authors"),
        ({"link_limit": -1}, "link_limit"),
        ({"link_limit": "1"}, "link_limit"),
        ({"link_limit": 1.5}, "link_limit"),
        ({"link_limit": True}, "link_limit"),
        ({"link_limit": 10**400}, "link_limit"),
        ({"flood": 5}, "flood"),
        ({"flood": {}}, "flood.comments"),
        ({"flood": {"comments": 0}}, "flood.comments"),
        ({"flood": {"comments": 5, "window_s": 0}}, "flood.window_s"),
        ({"flood": {"comments": 5, "window_ms": 1}}, "flood.window_ms"),
        ({"duplicates": {"by_author": 0}}, "duplicates.by_author"),
        ({"duplicates": {"by_anyone": 11}}, "duplicates.by_anyone"),
        ({"held_articles": [""]}, "held_articles.0"),
        ({"held_authors": ["a\nb"]}, "held_authors.0"),
        ({"unsupported_language": "reject"}, "unsupported_language"),
        ({"unsupported_language": None}, "unsupported_language"),
        ({"unsupported_language": True}, "unsupported_language"),
        ({"closed_articles": ["a\0"]}, "closed_articles.0"),
        ({"queue_order": "random"}, "queue_order"),
        ({"queue_order": None}, "queue_order"),
        ({"review_share": 0.21}, "review_share"),
        ({"review_share": -0.01}, "review_share"),
        ({"review_share": "some"}, "review_share"),
        ({"reports_to_hold": 0}, "reports_to_hold"),
        ({"reject_at": 0.9}, "reject_at"),
        ([], "body"),
    ],
)
def test_a_rule_that_is_wrong_is_named_and_nothing_changes(
    client: FlaskClient, rules: Any, path: str
):
    assert set(errors(client.put(URL, json=rules))) == {path}
    assert client.get(URL).headers["ETag"] == '"0"'


def test_an_unknown_category_is_answered_with_those_there_are(client: FlaskClient):
    response = client.put(URL, json={"thresholds": {"rudeness": 0.5}})

    [message] = errors(response)["thresholds.rudeness"]
    assert "toxicity" in message
    assert "spam" in message


def test_without_any_worker_the_policy_can_still_be_read_and_put(
    client: FlaskClient, record: Record
):
    record.operations.forget_worker("w1")

    assert client.get(URL).json["thresholds"] == {}
    assert client.put(URL, json={"link_limit": 1}).json["link_limit"] == 1
    assert client.put(URL, json={"thresholds": {"\ud800": 0.5}}).status_code == 422


def test_an_empty_body_does_not_reset_the_policy(client: FlaskClient):
    set_policy(client, link_limit=1)

    problem(client.put(URL, content_type="application/json"), 400, "not-json")

    assert client.get(URL).json["link_limit"] == 1
