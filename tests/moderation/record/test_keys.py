"""The key table, in Python and in Lua, and the whole way of a comment on fakeredis."""

from __future__ import annotations

import fakeredis
import pytest
import redis

from moderation.domain import Lane
from moderation.record.comments import AcceptKind, Comments
from moderation.record.decisions import Decisions
from moderation.record.doorbell import Doorbell
from moderation.record.keys import PATTERNS, Keys
from moderation.record.queue import Queue, Settled
from moderation.record.rates import Rate
from moderation.record.scripts import Scripts
from tests.moderation.record.pending import decision, new

KEYS = Keys("0")


@pytest.fixture
def fake() -> redis.Redis:
    """A Redis in this process, Lua included."""
    return fakeredis.FakeRedis(decode_responses=True, protocol=2)


@pytest.mark.parametrize("name", PATTERNS)
def test_python_and_lua_write_the_same_key(fake: redis.Redis, name: str):
    parts = [f"p{n}" for n in range(PATTERNS[name][0].count("{"))]
    arguments = ", ".join(f"'{part}'" for part in parts)

    written = fake.eval(
        f"{KEYS.lua(' '.join(f'K.{one}' for one in PATTERNS))} return K.{name}({arguments})", 0
    )

    assert written == KEYS(name, *parts)
    assert written.startswith("moderation:{0}:")


def test_no_two_patterns_can_meet():
    heads = [pattern.partition("{")[0] for pattern, _ in PATTERNS.values()]

    assert len(set(heads)) == len(heads)
    assert all(head.endswith(":") or "{" not in head for head in heads)


@pytest.mark.parametrize("parts", [(), ("demo",), ("demo", "c1", "more")])
def test_a_key_takes_exactly_its_parts(parts: tuple[str, ...]):
    with pytest.raises(TypeError):
        KEYS("comment", *parts)


def test_the_way_of_a_comment_on_fakeredis(fake: redis.Redis, monkeypatch: pytest.MonkeyPatch):
    # Given, with no flags, which its Lua cannot read
    monkeypatch.setattr("moderation.record.scripts.ALWAYS_RUN", frozenset())
    scripts = Scripts(fake, KEYS)
    bell = Doorbell(fakeredis.FakeRedis(server=fakeredis.FakeServer()), "0")
    comments = Comments(fake, KEYS, scripts, bell, idempotency_ttl_s=60, rate=Rate(0, 10))
    queue = Queue(fake, KEYS, scripts, bell, decisions_kept=100)
    decisions = Decisions(fake, KEYS, scripts, kept=100)
    queue.prepare()

    # When
    assert comments.accept("demo", new("c1")).kind is AcceptKind.ACCEPTED
    assert comments.accept("demo", new("c1")).kind is AcceptKind.REPEAT
    assert queue.lengths() == {Lane.LIVE: 1, Lane.BULK: 0}
    [entry] = queue.turn("w1", batch=9, claim=False).entries
    settled = [Settled(entry, "c1", 1, "held", '{"comment_id":"c1"}')]
    assert queue.turn("w1", batch=9, claim=False, settled=settled).written == 1
    decisions.write("demo", decision("c1", 2))

    # Then
    assert comments.get("demo", "c1").revision == 2
    assert len(decisions.after("demo", "0-0", limit=9)) == 2
    assert comments.erase_author("demo", "anna") == 1
    assert queue.lengths() == {Lane.LIVE: 0, Lane.BULK: 0}
