"""Requests to the service, as bytes ready to be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

ARTICLES = 20
BATCH = 100


def get(path: str) -> bytes:
    """A GET."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


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
