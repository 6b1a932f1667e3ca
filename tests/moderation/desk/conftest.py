"""A site with a few held comments, and two moderators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from moderation.archive import Archive
from moderation.domain import Actor, Role
from moderation.record import Record
from tests.conftest import DEMO_SITE, new_comment

ANNA = Actor("anna", DEMO_SITE, Role.MODERATOR)
MIA = Actor("mia", DEMO_SITE, Role.MODERATOR)

Post = Callable[..., str]


@pytest.fixture
def post(client: FlaskClient, decide_all: Callable[[], None]) -> Post:
    """Posts a comment, lets the machine decide it, and gives its id."""

    def post_one(text: str, *, article: str = "a1", **more: object) -> str:
        answer = client.post(f"/v1/articles/{article}/comments", json=new_comment(text, **more))
        assert answer.status_code == 202, answer.text
        decide_all()
        return str(answer.json["id"])

    return post_one


@pytest.fixture
def revision(record: Record) -> Callable[[str], int]:
    """The revision at which a comment stands."""
    return lambda comment_id: record.comments.get(DEMO_SITE, comment_id).revision


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")
