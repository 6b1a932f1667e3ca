"""The console's benchmark: its queue is what it says, and every figure is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

from benchmarks import console
from benchmarks.backlog import NEVER, OFTEN, RARE_LANGUAGE, RARELY, fill, new_comments
from benchmarks.plan import QUICK, Plan
from moderation.bootstrap import DEMO_SITE
from moderation.record import Record
from moderation.settings import Settings


def test_every_comment_of_the_backlog_is_held_and_can_be_filtered(record: Record) -> None:
    # When a small backlog is made
    fill(record, 3_000)

    # Then all of it is held, by the scripts and the policy of the service
    assert record.held.total(DEMO_SITE) == 3_000
    facets = record.held.facets(DEMO_SITE, ["category", "reason", "language"])
    assert len(facets["category"]) == 7
    assert facets["reason"]["links"] == 60
    assert 0 < facets["language"][RARE_LANGUAGE] < 20


def test_words_are_as_frequent_as_the_searches_for_them_expect() -> None:
    counts = Counter[str]()
    for comment in islice(new_comments(30_000), 30_000):
        words = comment.content["text"].lower().rstrip(".").split()
        counts.update(word for word in (OFTEN, RARELY, NEVER) if word in words)

    assert 9_000 < counts[OFTEN] < 11_000
    assert counts[RARELY] == 3
    assert counts[NEVER] == 0


def test_every_figure_of_the_console_is_measured(small_release: Path) -> None:
    # Given a plan that is over in seconds
    sizes = replace(QUICK, rounds=1, held=300, visits=2)
    plan = Plan([], sizes, Settings(release=str(small_release)))

    # When the console is measured
    rows = {row.name: row for row in console.measure(plan)}

    # Then pages, decisions, weight and memory have their figures
    assert rows["console, queue, as it opens, p95"].value.median > 0
    assert rows["console, a decision, p95"].also["times /healthz"] > 0
    assert rows["console, heaviest page with all that it loads"].reached
    assert rows["console, memory of Redis a held comment"].value.median > 0
    assert rows["console, memory of an API process after it"].value.median > 0
