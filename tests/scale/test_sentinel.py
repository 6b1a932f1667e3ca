"""A primary and its replica under Sentinels: the primary dies while comments come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from moderation.bootstrap import DEMO_SITE
from moderation.domain import Lane
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import ADMIN_PASSWORD, API_KEY, new_comment
from tests.scale.posting import Post, all_decided, posting
from tests.scale.servers import HOST, Watched, is_copied, role, wait_until, watched


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path) as servers:
        yield servers


@pytest.fixture
def settings(servers: Watched) -> Settings:
    """Settings on these servers; what is acknowledged must be on the replica."""
    return Settings(
        redis_url=servers.url,
        api_key=API_KEY,
        admin_password=ADMIN_PASSWORD,
        replicas_waited=1,
    )


def test_what_was_acknowledged_survives_the_death_of_the_primary(
    servers: Watched, post: Post, record: Record
) -> None:
    with posting(post, "site") as poster:
        poster.wait_for(100)
        # When the primary dies, and comes back as a replica of the one that took its place:
        # the Sentinels would see to that too, but take up to a minute
        servers.primary.kill()
        wait_until(lambda: role(servers.replica) == "master", "the failover")
        servers.primary.start()
        servers.primary.ask("REPLICAOF", HOST, servers.replica.port)
        wait_until(lambda: is_copied(servers.replica), "the old primary as a replica")
        # Then the site can post again
        poster.wait_for(50)
    # And all that was ever acknowledged is there, and decided once
    assert poster.refused > 0
    wait_until(lambda: all_decided(record, DEMO_SITE, poster.acknowledged), "the decisions")


def test_nothing_is_acknowledged_that_only_the_primary_has(
    servers: Watched, record: Record, client: FlaskClient
) -> None:
    def status(comment_id: str) -> int:
        body = new_comment(id=comment_id)
        return client.post("/v1/articles/a1/comments", json=body).status_code

    # Given a replica that hangs
    servers.replica.pause()
    # When a comment is posted, and posted again: the first time has stored it
    assert status("c1") == 503
    assert record.queue.lengths()[Lane.LIVE] == 1
    assert status("c1") == 503
    # Then it is acknowledged once the replica has it
    servers.replica.resume()
    assert status("c1") == 202
    assert record.queue.lengths()[Lane.LIVE] == 1
