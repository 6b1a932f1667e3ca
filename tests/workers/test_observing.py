"""What workers note besides deciding, and where what they decide stands."""

from __future__ import annotations

import threading

import pytest

from models.release import Scored
from moderation.domain import Action, Decision, Source
from moderation.record import Record
from tests.conftest import DEMO_SITE
from tests.fakes import FakeRelease
from workers.observing import Observer
from workers.placing import Held, places

SCORED = Scored({"toxicity": 0.06, "spam": 1.0}, "some words", "en", words=2, unknown_words=1)


def today(record: Record, site: str = DEMO_SITE) -> dict[str, int]:
    ((_, figures),) = record.daily.read(site, 1)
    return dict(figures)


def held(release: FakeRelease, text: str = "some words") -> Held:
    decision = Decision("c", "a", 1, Action.HOLD, Source.CLASSIFIER, (), "now", {"spam": 1.0})
    return Held(decision, release.score([text])[0], release)  # type: ignore[arg-type]


def test_what_is_seen_is_in_the_figures_of_the_day(record: Record) -> None:
    observer = Observer()
    observer.saw(DEMO_SITE, "v1", SCORED)
    observer.saw(DEMO_SITE, "v1", SCORED)
    observer.saw("other", "v2", Scored({}, "", None))
    observer.flush(record)
    assert today(record) == {
        "seen|v1": 2,
        "language|en": 2,
        "score|toxicity|3": 2,
        "score|spam|9": 2,
        "words|all": 4,
        "words|unknown": 2,
    }
    assert today(record, "other") == {"seen|v2": 1, "language|und": 1}


def test_they_are_written_now_and_then_and_counted_once(record: Record) -> None:
    observer = Observer(every_s=3600)
    observer.saw(DEMO_SITE, "v1", SCORED)
    observer.flush(record)
    observer.saw(DEMO_SITE, "v1", SCORED)
    observer.flush(record)
    assert today(record)["seen|v1"] == 1


def test_many_threads_lose_nothing(record: Record) -> None:
    observer = Observer(every_s=0)

    def work() -> None:
        for _ in range(200):
            observer.saw(DEMO_SITE, "v1", SCORED)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        observer.flush(record)
    observer.flush(record)
    assert today(record)["seen|v1"] == 800


def test_each_held_comment_has_its_kind() -> None:
    release = FakeRelease()
    one, other, like_one = places(
        [held(release), held(release, "other words"), held(release, "some more")]
    )
    assert one == like_one != other


def test_a_comment_whose_kind_cannot_be_told_is_held_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = FakeRelease()
    monkeypatch.setattr(release, "kinds", lambda _: 1 / 0)
    unscored = Held(held(release).decision, None, release)  # type: ignore[arg-type]
    for place in places([held(release), unscored]):
        assert '"kind":""' in place
