"""What the example site believes of a webhook, and what it makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from examples.article_site.articles import Article
from examples.article_site.store import Comment, Note, Store
from examples.article_site.webhook import PATH
from moderation.delivery.signing import new_secret

SECRET, ANOTHER_SECRET = new_secret(), new_secret()


@pytest.fixture
def reader(site: Flask, store: Store) -> FlaskClient:
    """Somebody without cookies, at a site that knows its secret."""
    store.remember({Note.WEBHOOK_SECRET: SECRET})
    return site.test_client()


@pytest.fixture
def comment(store: Store, article: Article) -> Comment:
    """A comment that nothing was decided on."""
    new = Comment.new(article.id, author_id="anna", author_name="Anna", text="A fair point")
    store.add(new)
    return new


def decision(comment: Comment, action: str, revision: int = 1) -> bytes:
    data = {"comment_id": comment.id, "action": action, "revision": revision}
    return json.dumps({"type": "decision.created", "data": data}).encode()


def signed(
    body: bytes, *, secret: str = SECRET, sent: datetime | None = None, signs: bytes = b""
) -> dict[str, Any]:
    """A request as the service makes it; `signs` is another body that the signature is of."""
    sent = sent or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", sent, (signs or body).decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": signature,
    }
    return {"data": body, "headers": headers}


def is_public(reader: FlaskClient, comment: Comment) -> bool:
    return comment.text in reader.get("/").text


def without(name: str) -> Callable[[bytes], dict[str, Any]]:
    def request(body: bytes) -> dict[str, Any]:
        made = signed(body)
        del made["headers"][name]
        return made

    return request


def with_signature(signature: str) -> Callable[[bytes], dict[str, Any]]:
    def request(body: bytes) -> dict[str, Any]:
        made = signed(body)
        made["headers"]["webhook-signature"] = signature
        return made

    return request


FORGERIES: dict[str, Callable[[bytes], dict[str, Any]]] = {
    "not signed at all": lambda body: {"data": body},
    "without an id": without("webhook-id"),
    "without a time": without("webhook-timestamp"),
    "without a signature": without("webhook-signature"),
    "with another secret": lambda body: signed(body, secret=ANOTHER_SECRET),
    "with the signature of another body": lambda body: signed(body, signs=b"{}"),
    "signed ten minutes ago": lambda body: signed(
        body, sent=datetime.now(UTC) - timedelta(minutes=10)
    ),
    "signed in ten minutes": lambda body: signed(
        body, sent=datetime.now(UTC) + timedelta(minutes=10)
    ),
    "with a signature of no shape": with_signature("approve it, please, now"),
    "with a signature that is not base64": with_signature("v1,%"),
    "with a signature that is not ASCII": with_signature("v1,ä"),
    "not in UTF-8": lambda body: signed(body, signs=b"{}") | {"data": b"\xff" + body},
}


@pytest.mark.parametrize("forged", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_message_is_refused_and_changes_nothing(
    reader: FlaskClient,
    comment: Comment,
    forged: Callable[[bytes], dict[str, Any]],
) -> None:
    answer = reader.post(PATH, **forged(decision(comment, "approve")))
    assert answer.status_code == 401
    assert not is_public(reader, comment)


def test_nothing_is_believed_before_the_secret_is_known(site: Flask, comment: Comment) -> None:
    reader = site.test_client()
    assert reader.post(PATH, **signed(decision(comment, "approve"))).status_code == 401
    assert not is_public(reader, comment)


@pytest.mark.parametrize(
    ("action", "shown"),
    [("approve", True), ("hold", False), ("reject", False), ("something new", False)],
)
def test_only_what_is_approved_is_public(
    reader: FlaskClient, comment: Comment, action: str, shown: bool
) -> None:
    answer = reader.post(PATH, **signed(decision(comment, action)))
    assert (answer.status_code, answer.data) == (204, b"")
    assert is_public(reader, comment) is shown


def test_the_newest_decision_stands_in_whatever_order_they_come(
    reader: FlaskClient, comment: Comment
) -> None:
    # When a moderator's rejection overtakes the approval before it, and that is sent twice
    for action, revision in (("reject", 2), ("approve", 1), ("approve", 1)):
        answer = reader.post(PATH, **signed(decision(comment, action, revision)))
        assert answer.status_code == 204
    # Then the rejection stands
    assert not is_public(reader, comment)
    # And a later approval does again
    reader.post(PATH, **signed(decision(comment, "approve", 3)))
    assert is_public(reader, comment)


def test_what_is_rejected_after_all_vanishes(reader: FlaskClient, comment: Comment) -> None:
    reader.post(PATH, **signed(decision(comment, "approve")))
    assert is_public(reader, comment)
    reader.post(PATH, **signed(decision(comment, "reject", 2)))
    assert not is_public(reader, comment)


@pytest.mark.parametrize("event", ["ping", "model.promoted", "something.new"])
def test_what_the_site_did_not_ask_for_is_taken_and_ignored(
    reader: FlaskClient, comment: Comment, event: str
) -> None:
    told = json.loads(decision(comment, "approve")) | {"type": event}
    answer = reader.post(PATH, **signed(json.dumps(told).encode()))
    assert answer.status_code == 204
    assert not is_public(reader, comment)


def test_a_decision_on_a_comment_that_is_not_here_is_taken(
    reader: FlaskClient, article: Article
) -> None:
    elsewhere = Comment.new(article.id, author_id="a", author_name="A", text="Elsewhere")
    answer = reader.post(PATH, **signed(decision(elsewhere, "approve")))
    assert answer.status_code == 204
