"""Stand-ins that behave: a release that scores by words, quick to load and predictable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast
from zlib import crc32

from models.explanation import Span
from models.release import Release, Scored
from models.text import normalise
from moderation.record import Record
from workers.judging import Judge
from workers.lineup import Lineup, OnDuty
from workers.observing import Observer

RUDE = "blockhead"
SPAM = "casino"
#: A text with this word is French, all others with any letter are English.
FRENCH = "bonjour"
#: A text with this word makes the fake classifier fail, as a bug in it would.
UNSCORABLE = "kaboom"
THRESHOLDS = {"toxicity": 0.7, "spam": 0.8}


def on_duty(release: FakeRelease) -> Callable[[], Lineup]:
    """A lineup in which a release decides for every site, always the same one."""
    lineup = Lineup(OnDuty(cast(Release, release)))
    return lambda: lineup


def judge_with(record: Record, release: FakeRelease) -> Judge:
    """A judge who asks one release about everything."""
    return Judge(record.policies, on_duty(release), Observer())


class FakeRelease:
    """Scores 0.9 for a rude or spammy word and 0.1 for everything else."""

    version = "fake-1"
    categories = tuple(THRESHOLDS)
    thresholds: Mapping[str, float] = THRESHOLDS
    languages = ("en",)

    def __init__(self) -> None:
        self.batches: list[int] = []

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """Scores in order; raises on an unscorable text as a bug would."""
        if any(UNSCORABLE in text for text in texts):
            raise FloatingPointError("a bug in the classifier")
        self.batches.append(len(texts))
        return [Scored(_scores(text), normalise(text), _language(text)) for text in texts]

    def kinds(self, scored: Sequence[Scored]) -> list[str]:
        """The kind is the first word."""
        return [f"{crc32(one.normalised.split()[0].encode()) % 4096:03x}" for one in scored]

    def explain(self, texts: Sequence[str]) -> list[list[Span]]:
        """The first rude word of each text."""
        return [_spans(text) for text in texts]


def _scores(text: str) -> dict[str, float]:
    return {
        "toxicity": 0.9 if RUDE in text else 0.1,
        "spam": 0.9 if SPAM in text else 0.1,
    }


def _language(text: str) -> str | None:
    if not any(map(str.isalpha, text)):
        return None
    return "fr" if FRENCH in text else "en"


def _spans(text: str) -> list[Span]:
    at = text.find(RUDE)
    return [Span(at, at + len(RUDE), "toxicity", 0.8)] if at >= 0 else []
