"""A site with very many held comments, made as the service makes them.

The comments go through the record's own scripts and the workers' own code; only the texts and
their scores are random, because how they come about is not what is measured on them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from models.explanation import Span
from models.release import Release, Scored
from moderation.bootstrap import DEMO_SITE
from moderation.domain import Lane, NewComment
from moderation.policy import Policy
from moderation.record import Record
from workers.crowd import Crowd
from workers.judging import Judge
from workers.lineup import Lineup, OnDuty
from workers.observing import Observer
from workers.scoring import Drain, Station

ARTICLES, AUTHORS, SEED = 200, 5_000, 20_261_124
AT_ONCE = 2_000
#: Lengths as comments have them: 340 characters on average, half of them shorter than 180.
MEDIAN_WORDS, WORDS_SPREAD, MOST_WORDS = 29, 1.13, 800
#: A word that one comment in three has, one that one in ten thousand has, one that none has.
OFTEN, RARELY, NEVER = "library", "quokka", "zeppelin"
RARE_SHARE = 1e-4
#: Languages and how many in a thousand comments are written in them; nobody knows the last.
LANGUAGES = {"en": 950, "de": 30, "pt": 19, "sw": 1}
RARE_LANGUAGE = "sw"
CATEGORIES = (
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
    "spam",
)
_VOCABULARY = (
    "the a of to and in is that for it with as on are this but we they have not be from "
    "river bridge garden market council winter spring evening morning neighbour children "
    "music window yellow quiet green careful simple early late bicycle station kitchen "
    "letter number paper question answer article reader street corner summer coffee bread "
    "really perhaps always never often again already almost between without against under "
    "think know believe remember forget open close build paint carry follow listen write"
)


@dataclass(frozen=True)
class Filled:
    """How long it took, in seconds."""

    accept_s: float
    decide_s: float


def fill(record: Record, count: int) -> Filled:
    """Puts so many held comments into the queue of the site `demo`."""
    policy = replace(Policy(), link_limit=0, flood=None, duplicates=None)
    record.policies.put(DEMO_SITE, policy)
    started = time.monotonic()
    comments = new_comments(count)
    for first in range(0, count, AT_ONCE):
        batch = [next(comments) for _ in range(min(AT_ONCE, count - first))]
        # The live lane: workers take larger batches from it.
        record.comments.accept_batch(DEMO_SITE, batch, lane=Lane.LIVE)
    accepted = time.monotonic()
    lineup = Lineup(OnDuty(cast(Release, RandomRelease())))
    judge = Judge(record.policies, lambda: lineup, Observer())
    while any(record.queue.lengths().values()):
        Drain(Station("filler", record.queue, judge, threading.Event())).run()
    return Filled(accepted - started, time.monotonic() - accepted)


def new_comments(count: int) -> Iterator[NewComment]:
    """Comments of a crowd, some of which answer others."""
    crowd = Crowd(ARTICLES, AUTHORS, SEED)
    for number, text in enumerate(_texts(count)):
        yield crowd.comment(str(number), text)


class RandomRelease:
    """Scores at random; something reaches its threshold in every comment."""

    version = "random"
    categories = CATEGORIES
    thresholds = dict.fromkeys(CATEGORIES, 0.5)
    languages = tuple(one for one in LANGUAGES if one != RARE_LANGUAGE)

    def __init__(self) -> None:
        self._dice = random.Random(SEED)

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """As a release does."""
        return [Scored(self._scores(), text, self._language()) for text in texts]

    def explain(self, texts: Sequence[str]) -> list[list[Span]]:
        """Nothing raised them."""
        return [[] for _ in texts]

    def _scores(self) -> dict[str, float]:
        highest = self._dice.uniform(0.5, 1)
        scores = {category: highest * self._dice.random() for category in CATEGORIES}
        return scores | {self._dice.choice(CATEGORIES): highest}

    def _language(self) -> str:
        return self._dice.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]


def _texts(count: int) -> Iterator[str]:
    dice, vocabulary = random.Random(SEED), _VOCABULARY.split()
    for number in range(count):
        length = min(int(dice.lognormvariate(0, WORDS_SPREAD) * MEDIAN_WORDS) + 2, MOST_WORDS)
        words = dice.choices(vocabulary, k=length)
        if dice.random() < 1 / 3:
            words[dice.randrange(length)] = OFTEN
        if number % round(1 / RARE_SHARE) == 0:
            words.append(RARELY)
        if number % 50 == 0:
            words.append(f"https://example.org/{number}")
        yield " ".join(words).capitalize() + "."
