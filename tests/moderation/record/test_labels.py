"""Doubts in the record: the strongest kept, dismissed ones not raised again."""

from __future__ import annotations

from moderation.labels import Label, LabelOrigin
from moderation.record import Record
from moderation.record.labels import DOUBTS_KEPT, Doubt

SITE = "demo"


def test_the_strongest_doubts_are_kept_one_a_label(record: Record) -> None:
    many = [(f"l{n}", "", "toxicity", 0, n / 1000) for n in range(DOUBTS_KEPT + 100)]
    kept = record.labels.put_doubts(SITE, [*many, ("l599", "", "spam", 0, 0.9)])
    found = record.labels.doubts(SITE)
    assert kept == len(found) == DOUBTS_KEPT
    assert found[0] == Doubt("l599", "", "spam", 0, 0.9)
    assert found[1] == Doubt("l598", "", "toxicity", 0, 0.598)


def test_new_doubts_replace_the_old_ones(record: Record) -> None:
    record.labels.put_doubts(SITE, [("l1", "", "toxicity", 0, 0.9)])
    record.labels.put_doubts(SITE, [("l2", "c2", "toxicity", 1, 0.1)])
    assert [one.reference for one in record.labels.doubts(SITE)] == ["c:c2"]
    assert record.labels.put_doubts(SITE, []) == 0
    assert record.labels.doubts(SITE) == []


def test_a_doubt_that_was_dismissed_is_not_raised_again(record: Record) -> None:
    doubt = ("l1", "", "toxicity", 0, 0.9)
    record.labels.put_doubts(SITE, [doubt])
    record.labels.dismiss(SITE, record.labels.doubts(SITE)[0])
    assert record.labels.put_doubts(SITE, [doubt]) == 0
    # Another doubt about the same label is another matter.
    assert record.labels.put_doubts(SITE, [("l1", "", "toxicity", 1, 0.1)]) == 1


def test_a_label_that_is_removed_takes_what_was_said_of_it_along(record: Record) -> None:
    label = Label("l1", "text", {"label": 0}, LabelOrigin.IMPORT)
    record.labels.put(SITE, [label])
    record.labels.put_doubts(SITE, [("l1", "", "toxicity", 0, 0.9)])
    record.labels.remove(SITE, ["l1"])
    assert record.labels.doubts(SITE) == []
    assert record.labels.stored(SITE, ["l1"]) == []


def test_what_was_counted_is_forgotten_when_a_label_changes(record: Record) -> None:
    mark = record.labels.mark(SITE)
    record.labels.put_summary(SITE, {"total": 0}, mark=mark)
    assert record.labels.summary(SITE) == {"total": 0}
    record.labels.put(SITE, [Label("l1", "text", {"label": 0}, LabelOrigin.IMPORT)])
    assert record.labels.summary(SITE) is None
    # What was counted before the change is not taken for what is there after it.
    record.labels.put_summary(SITE, {"total": 0}, mark=mark)
    assert record.labels.summary(SITE) is None
