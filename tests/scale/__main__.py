"""How many acknowledged comments a failover loses: `python -m tests.scale`.

Each round starts a primary with a replica under three Sentinels, posts as fast as it can,
kills the primary, waits for the replica to take its place, and asks it for every comment that
was acknowledged. Half of the rounds wait for the replica before they acknowledge.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from moderation.app import create_app
from moderation.bootstrap import DEMO_SITE, bootstrap
from moderation.errors import UnknownCommentError
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import ADMIN_PASSWORD, API_KEY, AUTH, close
from tests.scale.posting import Post, posting
from tests.scale.servers import role, wait_until, watched

POSTERS = 8
#: How long comments come before the primary is killed.
LOAD_S = 2.0


@click.command()
@click.option("--rounds", default=10, show_default=True, help="Kills of each kind.")
def main(rounds: int) -> None:
    """Kill primaries under load and count the acknowledged comments that are gone."""
    for waited in (0, 1):
        acknowledged = lost = 0
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(prefix="failover-") as folder:
                of_round, lost_in_round = _fail_over(Path(folder), waited)
            acknowledged, lost = acknowledged + of_round, lost + lost_in_round
        click.echo(
            f"MODERATION_REPLICAS_WAITED={waited}: {rounds} primaries killed, "
            f"{acknowledged:,} comments acknowledged, {lost:,} lost"
        )


def _fail_over(folder: Path, waited: int) -> tuple[int, int]:
    """How many comments were acknowledged before the kill, and how many of them are gone."""
    with watched(folder) as servers, ExitStack() as stack:
        settings = Settings(
            redis_url=servers.url,
            api_key=API_KEY,
            admin_password=ADMIN_PASSWORD,
            replicas_waited=waited,
        )
        record = Record(settings)
        bootstrap(record, settings)
        app = create_app(settings)
        stack.callback(close, app)
        with ExitStack() as load:
            posters = [
                load.enter_context(posting(_poster(app.test_client()), f"site-{number}"))
                for number in range(POSTERS)
            ]
            time.sleep(LOAD_S)
            servers.primary.kill()
            ids = [comment for poster in posters for comment in poster.acknowledged]
        wait_until(lambda: role(servers.replica) == "master", "the failover")
        wait_until(lambda: record.operations.ping() is None, "the new primary")
        return len(ids), sum(not _is_there(record, comment) for comment in ids)


def _poster(client: Any) -> Post:
    return lambda body: (
        client.post("/v1/articles/a1/comments", json=body, headers=AUTH).status_code
    )


def _is_there(record: Record, comment_id: str) -> bool:
    try:
        record.comments.get(DEMO_SITE, comment_id)
    except UnknownCommentError:
        return False
    return True


if __name__ == "__main__":
    main()
