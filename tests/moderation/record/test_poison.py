"""Somebody wrote into Redis what we never would: it is held, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moderation.record import Record
from moderation.record.queue import Leftover
from tests.fakes import UNSCORABLE, FakeRelease
from tests.moderation.record.pending import accept, key, new, status, take


def rewrite_entry(record: Record, comment_id: str, **changes: Any) -> None:
    """Changes what stands in the queue about one comment, in its place."""
    lane = key(record, "pending:live")
    for position, fields in record.connection.xrange(lane):
        record.connection.xdel(lane, position)
        changed = changes if fields["comment"] == comment_id else {}
        record.connection.xadd(lane, fields | changed)


def poison(record: Record, **fields: Any) -> None:
    record.connection.xadd(key(record, "pending:live"), fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"foo": "bar"},
        {"site": "demo"},
        {"site": "demo", "comment": "none"},
        {"site": "", "comment": ""},
        {"question": "q"},
        {"question": "q", "site": "demo", "body": "{"},
        {"question": "q", "site": "demo", "body": '{"texts": 5}'},
        {"question": "q", "site": "demo", "body": "[" * 100_000},
        {"site": b"\xff\xfe", "comment": b"\xff"},
    ],
)
def test_a_garbage_entry_does_not_stop_the_rest(
    record: Record, decide_all: Callable[[], None], fields: dict[str, Any]
) -> None:
    accept(record, "before")
    poison(record, **fields)
    accept(record, "after")

    decide_all()

    assert status(record, "before")[0] == status(record, "after")[0] == "approved"
    assert sum(record.queue.lengths().values()) == 0


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"text": 5}',
        '{"text": "x", "author": {}}',
        "[" * 100_000,
        b"\xff",
    ],
)
def test_a_comment_that_cannot_be_read_is_held_unscored(
    record: Record, decide_all: Callable[[], None], content: Any
) -> None:
    accept(record, "before", "poisoned", "after")
    rewrite_entry(record, "poisoned", content=content)

    decide_all()

    stored = record.connection.hmget(
        key(record, "comment:demo:poisoned"), "status", "decision:1"
    )
    assert stored[0] == "held"
    assert '"unscored"' in stored[1]
    assert status(record, "before")[0] == status(record, "after")[0] == "approved"


@pytest.mark.parametrize("field", ["revision", "sequence", "article", "author", "status"])
@pytest.mark.parametrize("broken", [None, "x"])
def test_a_comment_with_a_broken_record_does_not_stop_the_rest(
    record: Record, decide_all: Callable[[], None], field: str, broken: str | None
) -> None:
    accept(record, "before", "poisoned", "after")
    where = key(record, "comment:demo:poisoned")
    if broken is None:
        record.connection.hdel(where, field)
    else:
        record.connection.hset(where, field, broken)

    decide_all()

    assert status(record, "before")[0] == status(record, "after")[0] == "approved"
    assert sum(record.queue.lengths().values()) == 0


def test_a_key_of_the_wrong_type_does_not_stop_the_rest(
    record: Record, decide_all: Callable[[], None]
) -> None:
    accept(record, "before", "poisoned", "after")
    where = key(record, "comment:demo:poisoned")
    record.connection.delete(where)
    record.connection.set(where, "a string")

    decide_all()

    assert status(record, "before")[0] == status(record, "after")[0] == "approved"


def test_an_entry_that_names_no_comment_is_a_leftover(record: Record) -> None:
    poison(record, site="demo")

    assert [type(one) for one in take(record)] == [Leftover]


def test_a_broken_history_holds_the_comment(
    record: Record, decide_all: Callable[[], None]
) -> None:
    text = "long enough to be remembered as a copy of it"
    accept(record, "c1", text=text)
    copies = key(record, "copies:demo:*")
    record.connection.delete(copies)
    record.connection.set(copies, "a string")
    accept(record, "c2", text=text)

    decide_all()

    assert status(record, "c1")[0] == "approved"
    assert status(record, "c2") == ("held", 1, ["unscored"])


@pytest.mark.parametrize(
    "body", ["{", "[5]", '{"unheard_of": 1}', '{"flood": {"comments": "x"}}', b"\xff"]
)
def test_a_policy_that_cannot_be_evaluated_holds(
    record: Record, decide_all: Callable[[], None], body: Any
) -> None:
    # Given
    record.sites.create("other", "Other")
    prefix = key(record, "pending:live").removesuffix("pending:live")
    record.connection.hset(
        f"{prefix}policy:demo", mapping={"version": 1, "body": body, "flood_window_ms": "x"}
    )
    accept(record, "c1")
    record.comments.accept("other", new("c2"))

    # When
    decide_all()

    # Then
    assert status(record, "c1") == ("held", 1, ["unscored"])
    assert record.comments.get("other", "c2").status.value == "approved"


def test_a_text_that_breaks_the_classifier_is_held_and_its_neighbours_are_not(
    record: Record, decide_all: Callable[[], None]
) -> None:
    accept(record, "before")
    accept(record, "broken", text=f"{UNSCORABLE}!")
    accept(record, "after")

    decide_all()

    assert status(record, "broken") == ("held", 1, ["unscored"])
    assert record.comments.get("demo", "broken").decision["model"] is None
    assert status(record, "before")[0] == status(record, "after")[0] == "approved"


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_score_that_is_no_probability_never_approves(
    record: Record,
    release: FakeRelease,
    decide_all: Callable[[], None],
    score: float,
) -> None:
    right = release.score

    def wrong(texts: Any) -> Any:
        return [
            type(one)({"toxicity": score, "spam": 0.1}, one.normalised) for one in right(texts)
        ]

    release.score = wrong
    accept(record, "c1")

    decide_all()

    assert status(record, "c1") == ("held", 1, ["unscored"])
