"""The calls of the moderation service that this site needs.

Knows HTTP and the service's answers; not what the site does with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

import httpx

from examples.article_site.articles import Article
from examples.article_site.store import Comment

TIMEOUT_S = 10.0
PAGE = 500
#: What the service answers to a comment that it takes neither now nor later: the article is
#: closed, the id was erased, the text is too long, a field is wrong.
REFUSALS = frozenset(
    {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


class ServiceError(Exception):
    """Raised when the service is away or refuses a call.

    Attributes:
        status: with which the service itself refused; `None` if it is away, or if something on
            the way to it answered in its place.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class CommentRefusedError(ServiceError):
    """Raised when the service will never take this comment."""


class DecisionsMissingError(ServiceError):
    """Raised when decisions after the cursor are no longer kept: we were away for too long."""


class ModerationService:
    """The service, as a site with an API key sees it. Every call may raise `ServiceError`."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @classmethod
    def at(cls, url: str, *, api_key: str) -> Self:
        """The service at an address."""
        headers = {"Authorization": f"Bearer {api_key}"}
        return cls(httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S))

    def post(self, comment: Comment, article: Article) -> None:
        """Posts a comment. Posting it again does nothing, since it carries an id of ours.

        Raises:
            CommentRefusedError: it will never be taken.
        """
        body = {
            "id": comment.id,
            "text": comment.text,
            "author": {"id": comment.author_id, "name": comment.author_name},
            "created_at": comment.created_at,
            "article": {"title": article.title, "url": article.url},
        }
        try:
            self._call("POST", f"/v1/articles/{_quoted(article.id)}/comments", json=body)
        except ServiceError as error:
            if error.status in REFUSALS:
                raise CommentRefusedError(str(error), error.status) from error
            raise

    def erase(self, comment_id: str) -> None:
        """Erases a comment and all that is known of it; one that is not there is no error."""
        try:
            self._call("DELETE", f"/v1/comments/{_quoted(comment_id)}")
        except ServiceError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def decisions(self, after: str | None) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """All decisions after a cursor, page by page, each with the cursor to go on from.

        Raises:
            DecisionsMissingError: some of them are no longer kept.
        """
        while True:
            query = {"limit": PAGE} | ({"after": after} if after else {})
            try:
                page = self._call("GET", "/v1/decisions", params=query)
            except ServiceError as error:
                if error.status == HTTPStatus.GONE:
                    raise DecisionsMissingError(str(error), error.status) from error
                raise
            if not page["decisions"]:
                return
            after = page["next"]
            yield page["decisions"], page["next"]

    def comments(self, article_id: str) -> Iterator[dict[str, Any]]:
        """All comments of an article, each with its newest decision."""
        query: dict[str, Any] = {"limit": PAGE}
        while True:
            where = f"/v1/articles/{_quoted(article_id)}/comments"
            page = self._call("GET", where, params=query)
            yield from page["comments"]
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def webhooks(self) -> list[dict[str, Any]]:
        """The webhook endpoints of the site."""
        endpoints: list[dict[str, Any]] = self._call("GET", "/v1/webhooks")["webhooks"]
        return endpoints

    def add_webhook(self, url: str) -> tuple[str, str]:
        """Makes a webhook endpoint; its id and its secret, which is told this once."""
        body = {"url": url, "events": ["decision.created"]}
        made = self._call("POST", "/v1/webhooks", json=body)
        return made["id"], made["secret"]

    def remove_webhook(self, webhook_id: str) -> None:
        """Removes a webhook endpoint."""
        self._call("DELETE", f"/v1/webhooks/{_quoted(webhook_id)}")

    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise ServiceError(f"{method} {path}: {error}") from error
        if not answer.is_success:
            raise _error(answer, f"{method} {path}: {answer.status_code}")
        return answer.json() if answer.content else None


def _error(answer: httpx.Response, what: str) -> ServiceError:
    """An answer as an error; the service's own are problem documents (RFC 9457)."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return ServiceError(what)
    problem = answer.json()
    why = problem.get("errors") or problem.get("detail", "")
    return ServiceError(f"{what} {problem['title']}: {why}", answer.status_code)


def _quoted(part: str) -> str:
    return quote(part, safe="")
