"""Requests to the service, as bytes ready to be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

ARTICLES = 20
BATCH = 100


def get(path: str, api_key: str = "") -> bytes:
    """A GET, with a key or without."""
    return _without_body("GET", path, api_key)


def delete(path: str, api_key: str) -> bytes:
    """A DELETE."""
    return _without_body("DELETE", path, api_key)


def _without_body(method: str, path: str, api_key: str) -> bytes:
    key = f"Authorization: Bearer {api_key}\r\n" if api_key else ""
    return f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{key}\r\n".encode()


def post(path: str, body: Any, *, api_key: str) -> bytes:
    """A POST of JSON."""
    written = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\n"
        "Host: bench\r\n"
        f"Authorization: Bearer {api_key}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(written)}\r\n\r\n"
    )
    return head.encode() + written


def post_form(path: str, fields: Mapping[str, str]) -> bytes:
    """A POST of a form."""
    written = urlencode(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\n"
        "Host: bench\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(written)}\r\n\r\n"
    )
    return head.encode() + written


def accepts(texts: Sequence[str], *, api_key: str) -> Iterator[bytes]:
    """One comment a request."""
    for number, text in enumerate(texts):
        path = f"/v1/articles/article-{number % ARTICLES}/comments"
        body = {"text": text, "author": {"id": f"author-{number}"}}
        yield post(path, body, api_key=api_key)


def batches(texts: Sequence[str], *, api_key: str) -> Iterator[bytes]:
    """`BATCH` comments a request."""
    for first in range(0, len(texts), BATCH):
        comments = [
            {
                "text": text,
                "author": {"id": f"batch-author-{number}"},
                "article_id": f"article-{number % ARTICLES}",
            }
            for number, text in enumerate(texts[first : first + BATCH], start=first)
        ]
        yield post("/v1/comments/batch", {"comments": comments}, api_key=api_key)


def scores(texts: Sequence[str], *, api_key: str) -> Iterator[bytes]:
    """One text a request, scored and not stored."""
    for text in texts:
        yield post("/v1/score", {"texts": [text]}, api_key=api_key)


def analyses(texts: Sequence[str], *, api_key: str) -> Iterator[bytes]:
    """One text a request, as a client of Perspective API asks."""
    for text in texts:
        body = {
            "comment": {"text": text},
            "languages": ["en"],
            "requestedAttributes": {"TOXICITY": {}, "INSULT": {}, "THREAT": {}},
            "doNotStore": True,
        }
        yield post("/v1alpha1/comments:analyze", body, api_key=api_key)


def spam_checks(texts: Sequence[str], *, api_key: str) -> Iterator[bytes]:
    """One comment a request, as a client of Akismet asks."""
    for text in texts:
        fields = {
            "api_key": api_key,
            "blog": "https://news.example/",
            "user_ip": "192.0.2.1",
            "comment_content": text,
        }
        yield post_form("/1.1/comment-check", fields)
