"""The record in a Redis Cluster: its node dies, its slot moves, while comments come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis.crc import key_slot

from moderation.bootstrap import DEMO_SITE
from moderation.errors import SettingsError
from moderation.record import Record
from moderation.record.keys import Keys
from moderation.settings import Settings
from tests.conftest import ADMIN_PASSWORD, API_KEY, new_comment, start_service
from tests.scale.posting import Post, all_decided, posting
from tests.scale.servers import Cluster, Server, cluster, is_copied, role, server, wait_until

SERVICE_KEY = Keys("0")("service")


@pytest.fixture(scope="module")
def rq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The small Redis beside the cluster that has RQ's jobs."""
    with server(tmp_path_factory.mktemp("rq") / "server") as running:
        yield running


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def settings(nodes: Cluster, rq: Server) -> Settings:
    """Settings on the cluster."""
    return Settings(
        redis_url=nodes.url, rq_url=rq.url, api_key=API_KEY, admin_password=ADMIN_PASSWORD
    )


def test_a_cluster_without_a_redis_for_rq_is_refused_with_a_cure(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="MODERATION_RQ_URL"):
        Record(replace(settings, rq_url=""))


@pytest.mark.service
def test_the_whole_service_runs_on_a_cluster(
    nodes: Cluster, rq: Server, tmp_path: Path
) -> None:
    running = start_service(
        tmp_path,
        MODERATION_REDIS_URL=nodes.url,
        MODERATION_RQ_URL=rq.url,
        MODERATION_API_PROCESSES="1",
        MODERATION_TRAINER="off",
        MODERATION_DELIVERER="off",
    )
    try:
        with running.client() as client:
            decided = client.post(
                "/v1/articles/a1/comments",
                json=new_comment("Thank you for this thoughtful article"),
                headers={"Prefer": "wait=20"},
            )
            scored = client.post("/v1/score", json={"texts": ["What a fine day"]})
            feed = client.get("/v1/decisions").json()["decisions"]
        assert decided.status_code == 201
        assert scored.status_code == 200
        assert [one["comment_id"] for one in feed] == [decided.json()["id"]]
    finally:
        assert running.stop() == 0


def test_comments_are_accepted_and_decided_while_the_redis_of_rq_is_away(
    rq: Server, post: Post, record: Record
) -> None:
    with posting(post, "no-bell") as poster:
        poster.wait_for(1)
        rq.kill()
        poster.wait_for(20)
        wait_until(lambda: not any(record.queue.lengths().values()), "the decisions")
    assert poster.refused == 0
    rq.start()


def test_a_shard_moves_to_another_node_while_comments_come(
    nodes: Cluster, post: Post, record: Record
) -> None:
    slot = key_slot(SERVICE_KEY.encode())
    here = nodes.shard_owner
    there = next(one for one in nodes.primaries if one is not here)
    with posting(post, "moving") as poster:
        for source, target in ((here, there), (there, here)):
            poster.wait_for(50)
            source.ask("CLUSTER MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", target.node_id)
            wait_until(lambda target=target: has_shard(target), "the move")
        poster.wait_for(50)
    wait_until(lambda: all_decided(record, DEMO_SITE, poster.acknowledged), "the decisions")


class TestWaitingForTheReplica:
    """As above, where what is acknowledged must be on a replica."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, replicas_waited=1)

    def test_what_was_acknowledged_survives_the_death_of_the_shard_s_node(
        self, nodes: Cluster, post: Post, record: Record
    ) -> None:
        dead, heir = nodes.shard_owner, nodes.replica
        wait_until(lambda: is_copied(dead), "the replica")
        with posting(post, "dying") as poster:
            poster.wait_for(100)
            # When the node that has the shard dies, and comes back as a replica of its heir
            dead.kill()
            wait_until(lambda: role(heir) == "master", "the failover")
            dead.start()
            wait_until(lambda: is_copied(heir), "the old node as a replica")
            poster.wait_for(50)
        # Then all that was ever acknowledged is there, and decided once
        assert poster.refused > 0
        wait_until(lambda: all_decided(record, DEMO_SITE, poster.acknowledged), "the decisions")


def has_shard(node: Server) -> bool:
    return bool(node.connection.exists(SERVICE_KEY))  # elsewhere: MOVED
