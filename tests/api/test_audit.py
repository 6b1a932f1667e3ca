"""GET /v1/audit"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.domain import Role
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from tests.api.checks import errors, problem


@pytest.fixture
def mia(app: Flask, record: Record) -> FlaskClient:
    """A client with the token of somebody who may only look, at two sites."""
    record.moderators.create(
        "mia", {"demo": Role.VIEWER, "other": Role.VIEWER}, "a long password"
    )
    mia = app.test_client()
    mia.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {record.tokens.issue('mia')}"
    return mia


def write(record: Record, who: str, subject: str, site: str = "demo") -> None:
    record.audit.write(site, AuditEntry(who, AuditKind.DECISION, subject, {"revision": 2}))


def subjects(client: FlaskClient, **query: Any) -> list[str]:
    entries = client.get("/v1/audit", query_string=query).json["entries"]
    return [entry["subject"] for entry in entries]


def test_an_entry_says_who_did_what_when(mia: FlaskClient, record: Record):
    write(record, "anna", "c1")

    (entry,) = mia.get("/v1/audit").json["entries"]

    assert datetime.fromisoformat(entry.pop("at")).tzinfo
    assert entry == {
        "who": "anna",
        "what": "decision",
        "subject": "c1",
        "details": {"revision": 2},
    }


def test_pages_are_followed_by_their_cursor(mia: FlaskClient, record: Record):
    for number in range(5):
        write(record, "anna", f"c{number}")
    first = mia.get("/v1/audit?limit=3").json
    write(record, "anna", "newer")

    second = mia.get("/v1/audit", query_string={"limit": 3, "after": first["next"]}).json

    assert [entry["subject"] for entry in first["entries"]] == ["c4", "c3", "c2"]
    assert [entry["subject"] for entry in second["entries"]] == ["c1", "c0"]
    assert second["next"] is None


def test_filters(mia: FlaskClient, record: Record):
    write(record, "anna", "c1")
    write(record, "lena", "c2")
    write(record, "lena", "elsewhere", site="other")
    (at,) = [one["at"] for one in mia.get("/v1/audit?subject=c1").json["entries"]]
    later = (datetime.fromisoformat(at) + timedelta(hours=1)).isoformat()

    assert subjects(mia, who="anna") == ["c1"]
    assert subjects(mia, what="policy") == []
    assert subjects(mia, until=at, subject="c1") == ["c1"]
    assert subjects(mia, since=at) == ["c2", "c1"]
    assert subjects(mia, since=later) == []
    assert subjects(mia, since="0001-01-01T00:00:00Z") == ["c2", "c1"]
    assert subjects(mia, until="0001-01-01T00:00:00Z") == []
    assert subjects(mia, site="other") == ["elsewhere"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("what=nonsense", "what"),
        ("since=yesterday", "since"),
        ("after=17-0", "after"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
    ],
)
def test_what_cannot_be_asked_is_said(mia: FlaskClient, query: str, field: str):
    assert field in errors(mia.get(f"/v1/audit?{query}"))


def test_a_cursor_of_another_site_is_refused(mia: FlaskClient, record: Record):
    for subject in ("c1", "c2"):
        write(record, "anna", subject, site="other")
    cursor = mia.get("/v1/audit?site=other&limit=1").json["next"]

    assert "after" in errors(mia.get("/v1/audit", query_string={"after": cursor}))


def test_a_sites_key_does_not_open_it(client: FlaskClient):
    problem(client.get("/v1/audit"), 403, "forbidden")
