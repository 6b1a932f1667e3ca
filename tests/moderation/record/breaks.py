"""A record with something in each index, and each way in which one may be broken by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role
from moderation.record import Record
from moderation.record.keys import Keys
from moderation.webhooks import EVENTS, Endpoint, Secret
from tests.fakes import RUDE
from tests.moderation.record.pending import accept

ANNA = Actor("anna", "demo", Role.MODERATOR)
ENDPOINT = Endpoint("e1", "demo", "http://receiver.invalid/", EVENTS, [Secret("whsec_x")])
K = Keys("0")


def live(record: Record, decide_all: Callable[[], None]) -> None:
    """Lets six comments be posted and decided, so that each index has something in it."""
    record.webhooks.add(ENDPOINT)
    accept(record, "fine", "judged", "drawn")
    accept(record, "rude", "kept", text=f"what a {RUDE}")
    decide_all()
    Desk(record).decide(ANNA, "judged", Verdict(Action.REJECT))
    Desk(record).decide(ANNA, "kept", Verdict(Action.HOLD))
    record.connection.hset(K("comment", "demo", "drawn"), "sampled", "0.1")
    record.connection.zadd(K("review", "demo"), {"drawn": 3})
    accept(record, "new")
    record.deliveries.feed(ENDPOINT)


def comment_key(comment_id: str) -> str:
    return K("comment", "demo", comment_id)


def pending(redis: Any, comment_id: str) -> str:
    [position] = [
        position
        for position, fields in redis.xrange(K("pending", "live"))
        if fields["comment"] == comment_id
    ]
    return str(position)


@dataclass(frozen=True)
class Break:
    """Something that is broken by hand, and the fault that it is found as."""

    name: str
    by: Callable[[Any], Any]
    check: str
    subject: str


BREAKS = [
    Break(
        "a comment that left the list of its article",
        lambda r: r.zrem(K("article", "demo", "approved", "a1"), "fine"),
        "article",
        "fine",
    ),
    Break(
        "a comment at another's place in its article",
        lambda r: r.zadd(K("article", "demo", "approved", "a1"), {"fine": 99}),
        "article",
        "fine",
    ),
    Break(
        "a comment in the list of a status that it does not have",
        lambda r: r.zadd(K("article", "demo", "held", "a1"), {"fine": 1}),
        "article",
        "fine",
    ),
    Break(
        "a list of an article that names a comment that is gone",
        lambda r: r.zadd(K("article", "demo", "approved", "a*1"), {"gone": 1}),
        "article",
        "gone",
    ),
    Break(
        "a comment that left the list of its author",
        lambda r: r.zrem(K("author", "demo", "anna"), "fine"),
        "author",
        "fine",
    ),
    Break(
        "a comment in the list of another author",
        lambda r: r.zadd(K("author", "demo", "bert:1"), {"fine": 1}),
        "author",
        "fine",
    ),
    Break(
        "an author's count",
        lambda r: r.hincrby(K("author_counts", "demo", "anna"), "approved", 1),
        "author-counts",
        "anna",
    ),
    Break(
        "counts of an author without comments",
        lambda r: r.hset(K("author_counts", "demo", "nobody"), "held", 2),
        "author-counts",
        "nobody",
    ),
    Break(
        "counts that are not there",
        lambda r: r.delete(K("author_counts", "demo", "anna")),
        "author-counts",
        "anna",
    ),
    Break(
        "a held comment that left a set of the queue",
        lambda r: r.zrem(K("held", "demo", "probability"), "rude"),
        "held",
        "rude",
    ),
    Break(
        "a held comment that is at a wrong age",
        lambda r: r.zadd(K("held", "demo", "age"), {"rude": 77}),
        "held",
        "rude",
    ),
    Break(
        "a held comment that knows no set",
        lambda r: r.hdel(comment_key("rude"), "queued"),
        "held",
        "rude",
    ),
    Break(
        "a held comment that no order of the queue finds",
        lambda r: r.hset(comment_key("rude"), "queued", "age\nsince\nreports\ndiversity"),
        "held",
        "rude",
    ),
    Break(
        "a dimension that is not listed",
        lambda r: r.srem(K("held_dimensions", "demo"), "state:kept"),
        "held",
        "kept",
    ),
    Break(
        "an approved comment in the queue",
        lambda r: r.zadd(K("held", "demo", "age"), {"fine": 1}),
        "held",
        "fine",
    ),
    Break(
        "an approved comment that believes to be queued",
        lambda r: r.hset(comment_key("fine"), "queued", "age"),
        "held",
        "fine",
    ),
    Break(
        "a verdict that is no label",
        lambda r: r.zrem(K("labelled", "demo"), "judged"),
        "labelled",
        "judged",
    ),
    Break(
        "a label without a verdict",
        lambda r: r.zadd(K("labelled", "demo"), {"fine": 1}),
        "labelled",
        "fine",
    ),
    Break(
        "a label of a comment that is gone",
        lambda r: r.zadd(K("labelled", "demo"), {"gone": 1}),
        "labelled",
        "gone",
    ),
    Break(
        "a kind that is counted too often",
        lambda r: r.hincrby(K("kinds", "demo"), "abc", 3),
        "kinds",
        "abc",
    ),
    Break(
        "a drawn comment that does not wait for review",
        lambda r: r.zrem(K("review", "demo"), "drawn"),
        "review",
        "drawn",
    ),
    Break(
        "a comment that waits for review and was not drawn",
        lambda r: r.zadd(K("review", "demo"), {"fine": 1}),
        "review",
        "fine",
    ),
    Break(
        "reports of a comment that is gone",
        lambda r: r.hset(K("reports", "demo", "gone"), "by:x", "rude"),
        "reports",
        "gone",
    ),
    Break(
        "a claim on a comment that is gone",
        lambda r: r.set(K("claim", "demo", "gone"), "anna"),
        "claim",
        "gone",
    ),
    Break(
        "an opinion of a comment that is gone",
        lambda r: r.hset(K("opinions", "demo"), "gone", "{}"),
        "opinions",
        "gone",
    ),
    Break(
        "a doubt about a comment that is gone",
        lambda r: r.hset(K("doubts", "demo"), "c:gone", "{}"),
        "doubts",
        "c:gone",
    ),
    Break(
        "a dismissed doubt about a comment that is gone",
        lambda r: r.hset(K("dismissed_doubts", "demo"), "c:gone", "x 1"),
        "dismissed-doubts",
        "c:gone",
    ),
    Break(
        "a pending comment whose entry is gone",
        lambda r: r.xdel(K("pending", "live"), pending(r, "new")),
        "waiting",
        "new",
    ),
    Break(
        "an entry whose comment is not there",
        lambda r: r.xadd(K("pending", "bulk"), {"site": "demo", "comment": "gone"}),
        "pending",
        "gone",
    ),
    Break(
        "a count of comments that wait",
        lambda r: r.hset(K("waiting"), "demo", 7),
        "waiting-count",
        "demo",
    ),
    Break(
        "a number that is given out again",
        lambda r: r.set(K("sequence", "demo"), 1),
        "sequence",
        "new",
    ),
    Break(
        "a status that is not the last decision's",
        lambda r: r.hset(comment_key("judged"), "status", "approved"),
        "status",
        "judged",
    ),
    Break(
        "messages that are never due",
        lambda r: r.zrem(K("webhook_fresh", "demo", "e1"), "c:fine"),
        "webhooks",
        "e1",
    ),
    Break(
        "a lane that is due and empty",
        lambda r: r.zadd(K("webhook_again", "demo", "e1"), {"empty": 1}),
        "webhooks",
        "e1",
    ),
    Break(
        "the number of messages that wait",
        lambda r: r.hincrby(K("webhook_health", "demo", "e1"), "waiting", 5),
        "webhooks",
        "e1",
    ),
    Break(
        "messages to an endpoint that is gone",
        lambda r: r.rpush(K("webhook_lane", "demo", "e9", "fine"), "ping 1-1 1"),
        "webhooks",
        "e9",
    ),
    Break(
        "a batch that is said to be under way",
        lambda r: r.sadd(K("batches_open"), "demo:b1"),
        "batches",
        "b1",
    ),
    Break(
        "a batch that is under way and nobody knows",
        lambda r: (
            r.zadd(K("batches", "demo"), {"b2": 1}),
            r.hset(K("batch", "demo", "b2"), "state", "running"),
        ),
        "batches",
        "b2",
    ),
    Break(
        "a training that is said to be under way",
        lambda r: r.set(K("training_open", "demo"), "t1"),
        "trainings",
        "t1",
    ),
    Break(
        "a training that is queued and nobody knows",
        lambda r: (
            r.zadd(K("trainings", "demo"), {"t2": 1}),
            r.hset(K("training", "demo", "t2"), "state", "queued"),
        ),
        "trainings",
        "t2",
    ),
]
