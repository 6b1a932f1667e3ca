"""A range picks out exactly what lies in it, both of its ends included."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any

import pytest

from moderation.desk import spread as spread_module
from moderation.desk.deciding import Desk, Verdict
from moderation.desk.queue import Band, QueueQuery
from moderation.desk.spread import BINS, SAMPLE, Spreads
from moderation.domain import Action
from moderation.errors import BatchSizeError
from moderation.record import Record
from moderation.record.held import Found, Step
from tests.conftest import DEMO_SITE
from tests.held import hold, hold_many
from tests.moderation.desk.conftest import ANNA

EDGES = [0.0, 0.02, 0.1199, 0.12, 0.1201, 0.58, 0.98, 0.9999, 1.0]


@pytest.fixture
def spreads(record: Record) -> Spreads:
    return Spreads(record)


def picked(spreads: Spreads, least: float, most: float, **query: object) -> list[str]:
    band = Band("toxicity", least, most)
    spread = spreads.spread(DEMO_SITE, QueueQuery(**query), "toxicity", band=band)
    ids = spreads.ids(DEMO_SITE, QueueQuery(**query, band=band))
    assert spread.count == len(ids)
    assert sorted(case.comment.id for case in spread.sample) == sorted(ids)[:SAMPLE]
    return ids


def test_both_ends_belong_to_a_range(record: Record, spreads: Spreads) -> None:
    for score in EDGES:
        hold(record, str(score), score)
    assert picked(spreads, 0.0, 0.12) == ["0.0", "0.02", "0.1199", "0.12"]
    assert picked(spreads, 0.12, 0.58) == ["0.12", "0.1201", "0.58"]
    assert picked(spreads, 0.98, 1.0) == ["0.98", "0.9999", "1.0"]


def test_a_score_of_exactly_nought_or_one_can_be_picked_alone(
    record: Record, spreads: Spreads
) -> None:
    for score in EDGES:
        hold(record, str(score), score)
    assert picked(spreads, 1.0, 1.0) == ["1.0"]
    assert picked(spreads, 0.0, 0.0) == ["0.0"]


def test_each_comment_is_in_one_bin_and_the_highest_score_in_the_last(
    record: Record, spreads: Spreads
) -> None:
    for score in EDGES:
        hold(record, str(score), score)
    spread = spreads.spread(DEMO_SITE, QueueQuery(), "toxicity", band=None)
    assert spread.inside == [0] * BINS
    filled = {at: count for at, count in enumerate(spread.outside) if count}
    # Bins are 0.02 wide and begin where they say: 0.12 in the seventh, 0.58 in the thirtieth.
    assert filled == {0: 1, 1: 1, 5: 1, 6: 2, 29: 1, 49: 3}


def test_without_a_range_nothing_is_picked(record: Record, spreads: Spreads) -> None:
    hold(record, "c1")
    spread = spreads.spread(DEMO_SITE, QueueQuery(), "toxicity", band=None)
    assert (spread.count, spread.sample) == (0, [])


def test_the_filters_of_the_queue_hold_too(record: Record, spreads: Spreads) -> None:
    hold(record, "here", article="a1")
    hold(record, "there", article="a2")
    hold(record, "said", text="The heating in the library")
    Desk(record).decide(ANNA, hold(record, "kept"), Verdict(Action.HOLD))
    assert picked(spreads, 0.0, 1.0, article_id="a2") == ["there"]
    assert picked(spreads, 0.0, 1.0, text="heating") == ["said"]
    assert picked(spreads, 0.0, 1.0, state="kept") == ["kept"]
    assert picked(spreads, 0.0, 1.0, state="new", article_id="a1") == ["here", "said"]


@pytest.mark.parametrize("state", ["", "new"])
def test_what_is_counted_without_a_look_is_what_a_look_at_each_finds(
    record: Record, spreads: Spreads, state: str
) -> None:
    for score in EDGES:
        hold(record, str(score), score)
        Desk(record).decide(ANNA, hold(record, f"kept-{score}", score), Verdict(Action.HOLD))
    for least, most in combinations_with_replacement(EDGES, 2):
        band = Band("toxicity", least, most)
        counted, looked = (
            spreads.spread(DEMO_SITE, query, "toxicity", band=band)
            for query in (QueueQuery(state=state), QueueQuery(state=state, article_id="a1"))
        )
        assert (counted.inside, counted.outside) == (looked.inside, looked.outside)
        ids = [{case.comment.id for case in one.sample} for one in (counted, looked)]
        assert ids[0] == ids[1]


def test_a_long_queue_is_not_walked_for_what_nobody_has_looked_at(
    record: Record, spreads: Spreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_many(record, 3)
    looked_at: list[Found] = []
    walk = record.held.walk

    def noted(*given: Any, **named: Any) -> Iterator[Step]:
        for step in walk(*given, **named):
            looked_at.extend(step.found)
            yield step

    monkeypatch.setattr(record.held, "walk", noted)
    band = Band("toxicity", 0.0, 1.0)
    for state in ("", "new"):
        query = QueueQuery(state=state)
        assert spreads.spread(DEMO_SITE, query, "toxicity", band=band).count == 3
    assert looked_at == []


def test_what_is_kept_takes_no_place_in_the_sample(record: Record, spreads: Spreads) -> None:
    ids = hold_many(record, 2 * SAMPLE)
    for one in ids[5:]:
        Desk(record).decide(ANNA, one, Verdict(Action.HOLD))
    assert picked(spreads, 0.0, 1.0, state="new") == ids[:5]


def test_a_comment_without_this_score_is_in_no_range_of_it(
    record: Record, spreads: Spreads
) -> None:
    hold(record, "c1")
    band = Band("insult", 0.0, 1.0)
    spread = spreads.spread(DEMO_SITE, QueueQuery(), "insult", band=band)
    assert sum(spread.inside + spread.outside) == 0
    assert spreads.ids(DEMO_SITE, QueueQuery(band=band)) == []


def test_what_came_after_the_count_is_not_picked_unseen(
    record: Record, spreads: Spreads
) -> None:
    hold(record, "seen")
    band = Band("toxicity", 0.0, 1.0)
    newest = spreads.spread(DEMO_SITE, QueueQuery(), "toxicity", band=band).newest
    hold(record, "late")
    assert spreads.ids(DEMO_SITE, QueueQuery(band=band), newest=newest) == ["seen"]


def test_the_sample_is_drawn_from_all_of_the_range(record: Record, spreads: Spreads) -> None:
    ids = hold_many(record, 3 * SAMPLE)
    hold(record, "outside", 0.9)
    band = Band("toxicity", 0.0, 0.5)
    seen: set[str] = set()
    for _ in range(40):
        spread = spreads.spread(DEMO_SITE, QueueQuery(), "toxicity", band=band)
        drawn = [case.comment.id for case in spread.sample]
        assert len(set(drawn)) == SAMPLE
        seen |= set(drawn)
    # The chance that one of sixty is never among forty draws of twenty is below 1 in 10^5.
    assert seen == set(ids)


def test_more_than_a_batch_may_decide_is_refused(
    record: Record, spreads: Spreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread_module, "MOST_COMMENTS", 2)
    hold_many(record, 3)
    with pytest.raises(BatchSizeError):
        spreads.ids(DEMO_SITE, QueueQuery())
