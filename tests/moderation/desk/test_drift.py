"""Drift of a site over eight weeks, from its figures of the day."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from moderation.desk.drift import Day, Drift, DriftWatch, Measure, assess, drift_of
from moderation.domain import now_rfc3339
from moderation.drift import Level
from moderation.observations import Observation, note
from moderation.record import Record
from tests.conftest import DEMO_SITE

FIRST = date(2026, 6, 1)
#: Comments a day.
SIZE = 300
#: The share of each range of scores, and of each language, on a usual day.
SCORES = [0.35, 0.2, 0.15, 0.1, 0.08, 0.05, 0.03, 0.02, 0.01, 0.01]
LANGUAGES = {"en": 0.9, "de": 0.05, "fr": 0.03, "und": 0.02}
HELD, UNKNOWN, REJECTED = 0.05, 0.04, 0.8


class Site:
    """A site whose days differ by moods that last, and by the day of the week."""

    def __init__(self, seed: int, *, size: int = SIZE, mood: float = 0.1) -> None:
        self.rng = random.Random(seed)
        self.size = size
        self.mood = mood
        self.moods: dict[str, float] = {}

    def days(
        self, count: int, *, change: Mapping[str, Any] | None = None, at: int = 0
    ) -> list[Day]:
        """So many days, from the one `at` on with a change."""
        return [
            (FIRST + timedelta(days=day), self.day(day, (change or {}) if day >= at else {}))
            for day in range(count)
        ]

    def day(self, day: int, change: Mapping[str, Any]) -> dict[str, int]:
        figures: Counter[str] = Counter()
        comments = round(self.rng.gauss(self.size, self.size**0.5))
        comments = max(round(comments * (1 + 0.3 * math.sin(day * math.tau / 7))), 0)
        figures[f"seen|{change.get('release', 'v1')}"] = comments
        scores = change.get("scores", SCORES)
        for at, count in enumerate(self.spread("scores", scores, comments)):
            figures[f"score|toxicity|{at}"] = count
        languages = change.get("languages", LANGUAGES)
        for tag, count in zip(
            languages, self.spread("languages", list(languages.values()), comments), strict=True
        ):
            figures[f"language|{tag}"] = count
        held, approved = self.split("held", change.get("held", HELD), comments)
        figures |= Counter(
            {"decided|classifier|held": held, "decided|classifier|approved": approved}
        )
        rejected, fine = self.split("rejected", change.get("rejected", REJECTED), held)
        figures |= Counter(
            {"agreement_by|anna|hold|reject": rejected, "agreement_by|mia|hold|approve": fine}
        )
        unknown, known = self.split("unknown", change.get("unknown", UNKNOWN), 4 * comments)
        figures |= Counter({"words|all": 5 * (unknown + known), "words|unknown": 5 * unknown})
        return dict(figures)

    def split(self, what: str, share: float, count: int) -> list[int]:
        return self.spread(what, [share, 1 - share], count)

    def spread(self, what: str, shares: list[float], count: int) -> list[int]:
        weights = []
        for at, share in enumerate(shares):
            name = f"{what}{at}"
            self.moods[name] = self.moods.get(name, 0) / 2 + self.rng.gauss(0, self.mood)
            weights.append(share * math.exp(self.moods[name]))
        found = Counter(self.rng.choices(range(len(shares)), weights, k=count))
        return [found[at] for at in range(len(shares))]


def measure(drift: Drift, name: str) -> Measure:
    return next(one for one in drift.measures if one.name == name)


def test_a_hundred_steady_sites_raise_no_alert_in_eight_weeks() -> None:
    looked_at = told = 0
    alerts = []
    for seed in range(100):
        site = Site(seed, size=60 if seed % 2 else SIZE, mood=0.05 if seed % 3 else 0.15)
        for found in assess(site.days(91), days=56).measures:
            for one in found.findings[::7]:
                looked_at += 1
                told += one.value is not None
                if one.level is Level.ALERT:
                    alerts.append((seed, found.name))
    assert told > looked_at * 0.75
    assert not alerts


@pytest.mark.parametrize(
    ("name", "change", "within"),
    [
        ("held", {"held": 0.15}, 6),
        ("unknown_words", {"unknown": 0.1}, 6),
        ("languages", {"languages": {"en": 0.6, "de": 0.35, "fr": 0.03, "und": 0.02}}, 7),
        ("scores:toxicity", {"scores": SCORES[::-1]}, 6),
        ("agreement", {"rejected": 0.35}, 7),
    ],
)
def test_a_real_change_is_an_alert_within_days(
    name: str, change: dict[str, Any], within: int
) -> None:
    missed = []
    for seed in range(10):
        figures = Site(seed).days(42 + within, change=change, at=42)
        found = measure(assess(figures, days=within + 7), name)
        if found.now.level is not Level.ALERT:
            missed.append(seed)
        else:
            assert found.since is not None
            # A day or two that are out by chance may stand just before it.
            assert FIRST + timedelta(days=35) < found.since
            assert found.since <= FIRST + timedelta(days=41 + within)
    assert len(missed) <= 1


def test_an_alert_says_what_and_since_when() -> None:
    drift = assess(Site(1).days(49, change={"held": 0.2}, at=42), days=14)
    (alert,) = (one for one in drift.at(Level.ALERT) if one.name == "held")
    assert alert.sentence.startswith("Comments held by the machine: ")
    assert "is usual; so since" in alert.sentence
    assert alert.since is not None
    assert f"{alert.since:%-d %B}" in alert.sentence
    assert alert.sentence in drift.to_json()["alerts"]


def test_another_release_begins_anew_where_it_matters() -> None:
    figures = Site(1).days(56, change={"release": "v2", "scores": SCORES[::-1]}, at=42)
    drift = assess(figures, days=14)
    # Nobody is told that the scores of another release are others.
    assert measure(drift, "scores:toxicity").now.level is Level.UNKNOWN
    assert measure(drift, "held").now.level is Level.UNKNOWN
    # The comments are the same, whoever scores them.
    assert measure(drift, "languages").now.level is Level.USUAL
    later = Site(1).days(91, change={"release": "v2", "scores": SCORES[::-1]}, at=42)
    assert measure(assess(later, days=1), "scores:toxicity").now.level is Level.USUAL


def test_a_site_without_comments_has_nothing_to_tell(record: Record) -> None:
    drift = drift_of(record, DEMO_SITE)
    assert {one.now.level for one in drift.measures} == {Level.UNKNOWN}
    assert all(len(one.days) == 56 for one in drift.measures)
    assert drift.to_json()["alerts"] == []
    assert measure(drift, "held").sentence.endswith("too few to tell.")


def test_what_workers_noted_is_read_and_today_is_left_out(record: Record) -> None:
    tally: Counter[str] = Counter()
    for _ in range(300):
        note(tally, Observation("v1", {"toxicity": 0.03}, "en", 10, 1))
    assert tally == {
        "seen|v1": 300,
        "language|en": 300,
        "score|toxicity|2": 300,
        "words|all": 3_000,
        "words|unknown": 300,
    }
    record.daily.add({DEMO_SITE: tally})
    ((today, figures),) = record.daily.read(DEMO_SITE, 1)
    assert figures == tally
    assert today.isoformat() == now_rfc3339()[:10]
    assert today not in drift_of(record, DEMO_SITE).measures[0].days


def test_the_watch_reads_once_a_minute(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, reads = DriftWatch(record), []
    read = record.daily.read
    monkeypatch.setattr(
        record.daily, "read", lambda site, days: reads.append(site) or read(site, days)
    )
    assert watch.of(DEMO_SITE) is watch.of(DEMO_SITE)
    assert reads == [DEMO_SITE]
