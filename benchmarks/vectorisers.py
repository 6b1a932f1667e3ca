"""What turning text into numbers and judging it costs: ours beside scikit-learn's own.

The vectorisers take turns on the same normalised comments, in batches as large as those in
service. Rates are of processor time, so they count one core whatever else runs; only the
comment that is scored alone is timed by the clock, for its writer waits by the clock.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
from sklearn.base import clone
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer

from benchmarks.measuring import Bound, Row, Spread, Target, compare, take_turns
from benchmarks.plan import Plan
from models.features import HashedNgrams
from models.language import detect
from models.release import BATCH_SIZE, Release
from models.screening import normalise_all

#: The range of character n-grams that everybody is compared at.
CHAR_RANGE = (2, 5)
WORD_RANGE = (1, 2)

AGAINST_CHAR_WB = Target(Bound.AT_LEAST, 8)
ALONE = Target(Bound.BELOW, 1, "ms")
BATCHED = Target(Bound.AT_LEAST, 10_000, "comments/s")

RATE = "comments/s"
WORDS = "words"
TFIDF = "TF-IDF char_wb"
WHOLE = "whole"

Job = Callable[[Sequence[str]], object]
Range = tuple[int, int]
T = TypeVar("T")


def measure(plan: Plan) -> list[Row]:
    """Rows for the vectorisers, one comment alone, and comments in batches."""
    release = plan.load_release()
    posted = plan.texts[: plan.sizes.vectorised]
    normalised = normalise_all(posted)
    return [
        *_vectorisers(plan, release.vectoriser, normalised),
        _alone(plan, release, posted[: plan.sizes.alone]),
        *_batched(plan, release, posted),
    ]


def rate(job: Job, texts: Sequence[str]) -> float:
    """Texts a second of processor time that a job takes in batches."""
    started = time.process_time()
    for batch in _batches(texts):
        job(batch)
    return len(texts) / (time.process_time() - started)


def _vectorisers(plan: Plan, shipped: HashedNgrams, texts: Sequence[str]) -> list[Row]:
    shortest, longest = shipped.char_range
    ranges = list(dict.fromkeys((CHAR_RANGE, (shortest, longest))))
    rates = _rates(plan, _subjects(shipped, ranges, texts), texts)
    rows = [
        compare(
            f"{_ours(chars)} against {_char_wb(chars)}",
            rates[_ours(chars)],
            rates[_char_wb(chars)],
            unit=RATE,
            against="char_wb",
            target=AGAINST_CHAR_WB,
        )
        for chars in ranges
    ]
    ours = rates[_ours(CHAR_RANGE)]
    both = [
        1 / (1 / chars + 1 / words)
        for chars, words in zip(rates[_char_wb(CHAR_RANGE)], rates[WORDS], strict=True)
    ]
    rivals = {WORDS: rates[WORDS], "char_wb and words": both, TFIDF: rates[TFIDF]}
    rows += [
        compare(f"{_ours(CHAR_RANGE)} against {name}", ours, theirs, unit=RATE, against=name)
        for name, theirs in rivals.items()
    ]
    return rows


def _subjects(
    shipped: HashedNgrams, ranges: Sequence[Range], texts: Sequence[str]
) -> dict[str, Job]:
    """Everybody who makes rows of texts; what must be fitted is."""
    wide = 1 << shipped.char_bits
    hashing = partial(HashingVectorizer, lowercase=False, n_features=wide, dtype=np.float32)
    subjects: dict[str, Job] = {}
    for chars in ranges:
        subjects[_ours(chars)] = clone(shipped).set_params(char_range=chars).transform
        subjects[_char_wb(chars)] = hashing(analyzer="char_wb", ngram_range=chars).transform
    subjects[WORDS] = hashing(analyzer="word", ngram_range=WORD_RANGE).transform
    tfidf = TfidfVectorizer(
        analyzer="char_wb", ngram_range=CHAR_RANGE, lowercase=False, dtype=np.float32
    )
    subjects[TFIDF] = tfidf.fit(texts).transform
    return subjects


def _alone(plan: Plan, release: Release, texts: Sequence[str]) -> Row:
    release.score(texts[:1])
    rounds = [
        np.array([_milliseconds(release, text) for text in texts])
        for _ in range(plan.sizes.rounds)
    ]
    medians = Spread.of([float(np.median(one)) for one in rounds])
    p99 = float(np.median([np.percentile(one, 99) for one in rounds]))
    plan.say(f"one comment alone: {medians.median:.2f} ms")
    return Row("one comment alone, p50", medians, "ms", target=ALONE, also={"p99": p99})


def _milliseconds(release: Release, text: str) -> float:
    started = time.perf_counter()
    release.score([text])
    return 1_000 * (time.perf_counter() - started)


def _batched(plan: Plan, release: Release, texts: Sequence[str]) -> list[Row]:
    """The whole of scoring, and microseconds a comment for its parts and what is left."""
    release.score(texts[:BATCH_SIZE])
    rounds = [_split(release, texts) for _ in range(plan.sizes.rounds)]
    costs = {part: Spread.of([one[part] for one in rounds]) for part in rounds[0]}
    rates = Spread.of([1e6 / one[WHOLE] for one in rounds])
    plan.say(f"batches of {BATCH_SIZE}: {rates.median:,.0f} comments/s")
    parts = {part: cost.median for part, cost in costs.items() if part != WHOLE}
    return [
        Row(f"batches of {BATCH_SIZE}, one core", rates, RATE, target=BATCHED),
        Row("a comment in a batch", costs[WHOLE], "µs", also=parts),
    ]


def _split(release: Release, texts: Sequence[str]) -> dict[str, float]:
    """Microseconds of processor time a comment for scoring, and for each of its parts.

    The parts are done again after each batch, so that both meet the same machine.
    """
    costs: dict[str, float] = defaultdict(float)

    def timed(part: str, job: Callable[..., T], *given: Any) -> T:
        started = time.process_time()
        done = job(*given)
        costs[part] += time.process_time() - started
        return done

    for batch in _batches(texts):
        timed(WHOLE, release.score, batch)
        normalised = timed("normalising", normalise_all, batch)
        reading = timed("features", release.vectoriser.read, normalised)
        rows = timed("features", release.vectoriser.rows, reading)
        logits = timed("classifier", release.classifier.judge, rows, reading)
        timed("classifier", release.classifier.calibrate, logits)
        timed("language", partial(detect, known=release.languages), batch, normalised)
    costs["the rest"] = 2 * costs[WHOLE] - sum(costs.values())
    return {part: 1e6 * seconds / len(texts) for part, seconds in costs.items()}


def _rates(
    plan: Plan, subjects: Mapping[str, Job], texts: Sequence[str]
) -> dict[str, list[float]]:
    """The rate of each subject in each round, after a batch that does not count."""
    for job in subjects.values():
        job(texts[:BATCH_SIZE])
    return take_turns(
        {name: partial(_round, job, texts) for name, job in subjects.items()},
        rounds=plan.sizes.rounds,
        told=lambda number, name, found: plan.say(
            f"{name}, round {number + 1}: {found:,.0f} comments/s"
        ),
    )


def _round(job: Job, texts: Sequence[str], _number: int) -> float:
    return rate(job, texts)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(texts), BATCH_SIZE):
        yield texts[first : first + BATCH_SIZE]


def _ours(chars: Range) -> str:
    return f"HashedNgrams {chars}"


def _char_wb(chars: Range) -> str:
    return f"char_wb {chars}"
