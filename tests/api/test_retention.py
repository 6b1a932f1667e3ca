"""GET and PUT /v1/retention"""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.domain import Role
from moderation.errors import RetentionChangedError
from moderation.record import Record
from moderation.record.keys import Keys
from moderation.record.retention import Retentions
from moderation.retention import Retention
from tests.api.checks import client_with_key, errors, problem
from tests.api.conftest import SignUp
from tests.conftest import DEMO_SITE

URL = "/v1/retention"
DEFAULT = {
    "comments": None,
    "personal": 30,
    "labels": None,
    "decisions": None,
    "audit": None,
}
ALL_SET = {"comments": 365, "personal": 0, "labels": 36_500, "decisions": 90, "audit": 1}


def test_a_new_site_keeps_for_good_all_but_personal_fields(client: FlaskClient):
    response = client.get(URL)

    assert response.status_code == 200
    assert response.json == DEFAULT
    assert response.headers["ETag"] == '"0"'


def test_what_is_put_is_what_is_got_and_what_a_sweep_goes_by(
    client: FlaskClient, record: Record
):
    put = client.put(URL, json=ALL_SET)

    assert put.status_code == 200
    got = client.get(URL)
    assert put.json == got.json == ALL_SET
    assert put.headers["ETag"] == got.headers["ETag"] == '"1"'
    assert record.retentions.current(DEMO_SITE).rules == Retention(**ALL_SET)
    assert client.put(URL, json=DEFAULT).json == DEFAULT


@pytest.mark.parametrize("days", [-1, 36_501, 10**30, 1.5, "30", "ever", True, [], {}])
@pytest.mark.parametrize("rule", ["comments", "audit"])
def test_what_is_no_number_of_days_is_named_and_changes_nothing(
    client: FlaskClient, rule: str, days: Any
):
    assert set(errors(client.put(URL, json={**DEFAULT, rule: days}))) == {rule}
    assert client.get(URL).headers["ETag"] == '"0"'


@pytest.mark.parametrize("rule", list(DEFAULT))
def test_no_rule_may_be_left_out(client: FlaskClient, rule: str):
    body = {name: days for name, days in DEFAULT.items() if name != rule}
    assert set(errors(client.put(URL, json=body))) == {rule}


def test_a_rule_that_is_none_is_named(client: FlaskClient):
    assert set(errors(client.put(URL, json={**DEFAULT, "comment": 1}))) == {"comment"}


def test_only_the_version_that_was_read_is_replaced_if_the_client_says_so(
    client: FlaskClient,
):
    read = client.get(URL).headers["ETag"]
    assert client.put(URL, json=ALL_SET, headers={"If-Match": read}).status_code == 200

    late = client.put(URL, json=DEFAULT, headers={"If-Match": read})

    problem(late, 412, "retention-changed")
    assert client.get(URL).json == ALL_SET
    assert client.put(URL, json=DEFAULT, headers={"If-Match": "*"}).status_code == 200


def test_one_who_writes_between_reading_and_writing_is_not_written_over(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    stale = record.retentions.current(DEMO_SITE)
    record.retentions.put(DEMO_SITE, Retention(comments=1), who="ada")

    with monkeypatch.context() as patch:
        patch.setattr(Retentions, "current", lambda *_: stale)
        with pytest.raises(RetentionChangedError):
            record.retentions.put(DEMO_SITE, Retention(comments=2), who="zoe")

    assert record.retentions.current(DEMO_SITE).rules.comments == 1
    assert len(record.audit.page(DEMO_SITE).entries) == 1


def test_rules_of_an_earlier_checkout_hold_on_and_can_be_replaced(
    client: FlaskClient, record: Record
):
    stored = '{"comments":365,"personal":7,"labels":null,"decisions":null,"audit":null}'
    record.connection.hset(Keys(record.shard)("retention"), DEMO_SITE, stored)

    got = client.get(URL)

    assert got.json == {**DEFAULT, "comments": 365, "personal": 7}
    put = client.put(URL, json=ALL_SET, headers={"If-Match": got.headers["ETag"]})
    assert put.headers["ETag"] == '"1"'


def test_who_changed_what_is_in_the_audit_log(
    client: FlaskClient, somebody: SignUp, record: Record
):
    client.put(URL, json={**DEFAULT, "comments": 365})
    somebody("ada", Role.ADMIN).put(URL, json=DEFAULT)

    by_ada, by_key = record.audit.page(DEMO_SITE).entries

    assert (by_ada.who, by_ada.what, by_ada.subject) == ("ada", "retention", "version 2")
    assert by_ada.details == {"changes": {"comments": {"from": "365d", "to": "ever"}}}
    assert by_key.who == "api key"


def test_sites_keep_each_for_itself(client: FlaskClient, other_site: str):
    client.put(URL, json=ALL_SET)
    assert client_with_key(client, other_site).get(URL).json == DEFAULT
