"""What the example site tells the service, and learns from it: against the real API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from examples.article_site import courier as courier_module
from examples.article_site.articles import Article
from examples.article_site.courier import Courier
from examples.article_site.service import ModerationService, ServiceError
from examples.article_site.store import Comment, Errand, Note, Store
from examples.article_site.webhook import PATH
from moderation.record import Record
from moderation.settings import Settings
from tests.api.checks import set_policy
from tests.conftest import ADMIN_PASSWORD, API_KEY, AUTH
from tests.console.console_browser import wait_for
from tests.fakes import RUDE

WEBHOOK_URL = f"http://127.0.0.1:8080{PATH}"


@pytest.fixture
def settings(redis_url: str) -> Settings:
    """Settings of a service that may send to this machine."""
    return Settings(
        redis_url=redis_url,
        api_key=API_KEY,
        admin_password=ADMIN_PASSWORD,
        webhooks_allow_private=True,
    )


@pytest.fixture
def http(app: Flask) -> Iterator[httpx.Client]:
    """A way to the API in this process."""
    transport = httpx.WSGITransport(app=app)
    with httpx.Client(transport=transport, base_url="http://service", headers=AUTH) as client:
        yield client


@pytest.fixture
def service(http: httpx.Client) -> ModerationService:
    """The service, as the site sees it."""
    return ModerationService(http)


@pytest.fixture
def courier(store: Store, service: ModerationService, article: Article) -> Courier:
    """The courier, who goes when told to."""
    return Courier(store, service, article=article, webhook_url=WEBHOOK_URL)


@pytest.fixture
def comment(store: Store, article: Article) -> Comment:
    """A comment that somebody has just written."""
    return write(store, article)


def write(store: Store, article: Article, text: str = "A fair point") -> Comment:
    new = Comment.new(article.id, author_id="anna", author_name="Anna", text=text)
    store.add(new)
    return new


def public(store: Store, article: Article) -> list[str]:
    return [one.id for one in store.visible(article.id, reader=None)]


def test_a_comment_is_posted_as_it_was_written(
    client: FlaskClient, courier: Courier, store: Store, comment: Comment, article: Article
) -> None:
    courier.go()
    stored = client.get(f"/v1/comments/{comment.id}").json
    assert stored["text"] == comment.text
    assert stored["article_id"] == article.id
    assert stored["author"] == {"id": "anna", "name": "Anna"}
    assert store.to_do(Errand.POST) == []


def test_a_comment_whose_posting_was_not_noted_is_posted_once(
    client: FlaskClient,
    courier: Courier,
    service: ModerationService,
    article: Article,
    comment: Comment,
) -> None:
    service.post(comment, article)  # and then the site's process was killed
    courier.go()
    found = client.get(f"/v1/articles/{article.id}/comments").json["comments"]
    assert [one["id"] for one in found] == [comment.id]


@pytest.mark.parametrize("answer", [500, 503, 429, 401, 404, 403, 422])
def test_a_comment_waits_while_something_else_answers_in_the_service_s_place(
    store: Store, article: Article, comment: Comment, answer: int
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(answer if request.method == "POST" else 200, json=ANSWERS)

    http = httpx.Client(transport=httpx.MockTransport(refuse), base_url="http://service")
    store.remember({Note.WEBHOOK_ID: "wh_1"})
    courier = Courier(store, ModerationService(http), article=article, webhook_url=WEBHOOK_URL)
    with pytest.raises(ServiceError):
        courier.go()
    assert [one.id for one in store.to_do(Errand.POST)] == [comment.id]


#: Good for every call of the courier's that reads.
ANSWERS = {
    "webhooks": [{"id": "wh_1", "url": WEBHOOK_URL, "enabled": True}],
    "decisions": [],
    "next": None,
}


def test_a_comment_waits_while_the_key_is_not_good(
    app: Flask, store: Store, article: Article, comment: Comment
) -> None:
    transport, headers = httpx.WSGITransport(app=app), {"Authorization": "Bearer mistyped"}
    http = httpx.Client(transport=transport, base_url="http://service", headers=headers)
    courier = Courier(store, ModerationService(http), article=article, webhook_url=WEBHOOK_URL)
    with pytest.raises(ServiceError, match="401"):
        courier.go()
    assert [one.id for one in store.to_do(Errand.POST)] == [comment.id]


def test_nothing_is_lost_while_the_service_is_away(
    store: Store, article: Article, comment: Comment, courier: Courier
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)

    http = httpx.Client(transport=httpx.MockTransport(refuse), base_url="http://service")
    away = Courier(store, ModerationService(http), article=article, webhook_url=WEBHOOK_URL)
    with pytest.raises(ServiceError, match="nobody there"):
        away.go()
    assert public(store, article) == []
    courier.go()
    assert store.to_do(Errand.POST) == []


def test_the_courier_goes_again_until_the_service_is_back(
    monkeypatch: pytest.MonkeyPatch,
    http: httpx.Client,
    store: Store,
    article: Article,
    comment: Comment,
) -> None:
    class AwayAtFirst(ModerationService):
        failures = iter([ServiceError("away"), ValueError("a bug")])

        def webhooks(self) -> list[dict[str, Any]]:
            for failure in self.failures:
                raise failure
            return super().webhooks()

    monkeypatch.setattr(courier_module, "REST_S", 0.01)
    courier = Courier(store, AwayAtFirst(http), article=article, webhook_url=WEBHOOK_URL)
    with courier.at_work():
        wait_for(lambda: store.to_do(Errand.POST) == [])


def test_a_comment_is_posted_as_soon_as_the_courier_is_woken(
    monkeypatch: pytest.MonkeyPatch, courier: Courier, store: Store, article: Article
) -> None:
    monkeypatch.setattr(courier_module, "REST_S", 600)
    with courier.at_work():
        wait_for(lambda: store.recall(Note.WEBHOOK_ID))
        write(store, article)
        courier.wake()
        wait_for(lambda: store.to_do(Errand.POST) == [])


def test_a_comment_that_is_never_taken_holds_up_nobody_and_is_never_public(
    client: FlaskClient, courier: Courier, store: Store, article: Article
) -> None:
    # Given an article that takes no comments any more
    set_policy(client, closed_articles=[article.id])
    refused = write(store, article)
    # When the courier goes, and the article is opened again for a further comment
    courier.go()
    set_policy(client, closed_articles=[])
    later = write(store, article)
    courier.go()
    # Then the first was given up and the second was posted
    assert client.get(f"/v1/comments/{refused.id}").status_code == 404
    assert client.get(f"/v1/comments/{later.id}").status_code == 200
    assert store.to_do(Errand.POST) == []
    own = store.visible(article.id, reader="anna")
    assert [(one.id, one.action) for one in own] == [(refused.id, "refused"), (later.id, None)]
    assert public(store, article) == []


def test_what_was_decided_unheard_is_caught_up(
    courier: Courier,
    service: ModerationService,
    store: Store,
    article: Article,
    decide_all: Callable[[], None],
) -> None:
    kind, rude = write(store, article), write(store, article, f"You {RUDE}")
    courier.go()
    decide_all()
    assert public(store, article) == []
    Courier(store, service, article=article, webhook_url=WEBHOOK_URL).go()
    assert public(store, article) == [kind.id]
    assert {one.id: one.action for one in store.visible(article.id, reader="anna")} == {
        kind.id: "approve",
        rude.id: "hold",
    }


def test_decisions_that_are_no_longer_kept_are_read_off_the_comments(
    record: Record,
    courier: Courier,
    service: ModerationService,
    store: Store,
    article: Article,
    decide_all: Callable[[], None],
) -> None:
    # Given a cursor, and so many decisions since that the first of them are gone
    first = write(store, article, "Number one, a fair point")
    courier.go()
    decide_all()
    Courier(store, service, article=article, webhook_url=WEBHOOK_URL).go()
    written = [write(store, article, f"Number {number}, as fair") for number in range(5)]
    courier.go()
    decide_all()
    key = next(record.connection.scan_iter("*decisions:demo"))
    record.connection.xtrim(key, maxlen=2, approximate=False)
    # When the site comes back
    Courier(store, service, article=article, webhook_url=WEBHOOK_URL).go()
    # Then it knows all of them, and goes on from the newest
    assert public(store, article) == [first.id, *(one.id for one in written)]
    assert list(service.decisions(store.recall(Note.CURSOR))) == []


def test_a_comment_that_was_erased_before_it_was_posted_leaves_nothing(
    client: FlaskClient, courier: Courier, store: Store, comment: Comment
) -> None:
    assert store.erase(comment.id, author_id="anna")
    courier.go()
    assert client.get(f"/v1/comments/{comment.id}").status_code == 404
    assert store.to_do(Errand.POST) == store.to_do(Errand.ERASE) == []


def test_a_comment_that_is_erased_while_it_is_posted_leaves_nothing(
    client: FlaskClient,
    http: httpx.Client,
    store: Store,
    article: Article,
    comment: Comment,
) -> None:
    class Slow(ModerationService):
        def post(self, comment: Comment, article: Article) -> None:
            super().post(comment, article)
            store.erase(comment.id, author_id="anna")

    Courier(store, Slow(http), article=article, webhook_url=WEBHOOK_URL).go()
    assert client.get(f"/v1/comments/{comment.id}").status_code == 404
    assert store.to_do(Errand.POST) == store.to_do(Errand.ERASE) == []


def test_a_restart_keeps_the_endpoint_and_its_secret(
    courier: Courier, service: ModerationService, store: Store, article: Article
) -> None:
    courier.go()
    before = store.recall(Note.WEBHOOK_ID), store.recall(Note.WEBHOOK_SECRET)
    Courier(store, service, article=article, webhook_url=WEBHOOK_URL).go()
    assert (store.recall(Note.WEBHOOK_ID), store.recall(Note.WEBHOOK_SECRET)) == before
    assert [one["id"] for one in service.webhooks()] == [before[0]]


def test_an_endpoint_whose_secret_is_lost_is_replaced_and_others_are_left_alone(
    courier: Courier, service: ModerationService, article: Article, tmp_path: Path
) -> None:
    # Given an endpoint of ours, and one that is none of our business
    courier.go()
    other, _ = service.add_webhook("http://127.0.0.1:9090/somebody-else-s")
    # When the site starts on an empty disk
    empty = Store(tmp_path / "new")
    Courier(empty, service, article=article, webhook_url=WEBHOOK_URL).go()
    # Then there is one endpoint of ours, whose secret is known
    assert {one["id"] for one in service.webhooks()} == {empty.recall(Note.WEBHOOK_ID), other}


def test_why_a_webhook_is_refused_is_told(
    service: ModerationService, store: Store, article: Article
) -> None:
    courier = Courier(store, service, article=article, webhook_url="ftp://127.0.0.1/hook")
    with pytest.raises(ServiceError, match="url"):
        courier.go()
