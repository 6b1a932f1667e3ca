"""Holding everything of somebody or something, by one entry of the policy."""

from __future__ import annotations

import threading

import pytest

from moderation.desk import holds as module
from moderation.desk.holds import ArticleRules, Holds
from moderation.errors import PolicyFullError
from moderation.policy import Policy
from moderation.record import Record
from moderation.record.audit import AuditKind
from tests.conftest import DEMO_SITE
from tests.fakes import RUDE
from tests.moderation.desk.conftest import ANNA, MIA, Post


@pytest.fixture
def holds(record: Record) -> Holds:
    return Holds(record)


def policy(record: Record) -> Policy:
    return record.policies.current(DEMO_SITE).policy


def test_an_author_is_held_until_they_are_let_go(
    holds: Holds, record: Record, post: Post
) -> None:
    post("Before", id="c1", author={"id": "zoe"})
    holds.hold_author(ANNA, "zoe", on=True)
    post("While", id="c2", author={"id": "zoe"})
    post("Another's", id="c3", author={"id": "ben"})
    assert holds.holds_author(DEMO_SITE, "zoe")

    holds.hold_author(MIA, "zoe", on=False)
    post("After", id="c4", author={"id": "zoe"})

    stand = [record.comments.get(DEMO_SITE, f"c{at}").status.value for at in (1, 2, 3, 4)]
    assert stand == ["approved", "held", "approved", "approved"]
    assert not holds.holds_author(DEMO_SITE, "zoe")


def test_an_article_is_held_and_closed_apart(holds: Holds, record: Record) -> None:
    holds.hold_article(ANNA, "a1", on=True)
    assert holds.of_article(DEMO_SITE, "a1") == ArticleRules(is_held=True, is_closed=False)

    holds.close_article(ANNA, "a1", on=True)
    holds.hold_article(ANNA, "a1", on=False)

    assert holds.of_article(DEMO_SITE, "a1") == ArticleRules(is_held=False, is_closed=True)
    assert policy(record).closed_articles == ("a1",)


def test_the_rest_of_the_policy_stays_as_it_is(holds: Holds, record: Record) -> None:
    before = Policy(thresholds={"toxicity": 0.3}, banned_words=(RUDE,), held_authors=("ben",))
    record.policies.put(DEMO_SITE, before)

    holds.hold_author(ANNA, "zoe", on=True)
    assert policy(record).held_authors == ("ben", "zoe")
    holds.hold_author(ANNA, "zoe", on=False)

    assert policy(record) == before


def test_who_does_what_is_in_the_log_once(holds: Holds, record: Record) -> None:
    for _ in range(2):
        holds.hold_article(ANNA, "a1", on=True)
    holds.hold_author(MIA, "zoe", on=False)

    history = record.policies.history(DEMO_SITE)
    assert [(one.version, one.who) for one in history] == [(1, "anna"), (0, "")]
    [entry] = record.audit.page(DEMO_SITE).entries
    assert (entry.who, entry.what, entry.subject) == ("anna", AuditKind.POLICY, "version 1")
    assert entry.details == {"changes": {"held_articles": {"added": ["a1"]}}}


def test_of_many_at_once_none_is_lost(holds: Holds, record: Record) -> None:
    # As many as are tried again when another comes between.
    names = [f"author {number}" for number in range(8)]
    threads = [
        threading.Thread(target=holds.hold_author, args=(ANNA, name), kwargs={"on": True})
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(policy(record).held_authors) == names
    assert record.policies.current(DEMO_SITE).version == len(names)


def test_a_full_list_takes_no_more(
    holds: Holds, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIST_ENTRIES", 1)
    holds.hold_author(ANNA, "zoe", on=True)

    with pytest.raises(PolicyFullError, match="held_authors"):
        holds.hold_author(ANNA, "ben", on=True)
    holds.hold_author(ANNA, "zoe", on=True)  # it is there already
    holds.hold_author(ANNA, "zoe", on=False)

    assert policy(record).held_authors == ()
