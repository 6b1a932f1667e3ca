"""A candidate beside the active release: worse ones are refused, honest ones are not."""

from __future__ import annotations

import csv
import json
import random
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.categories import CATEGORIES
from models.dataset import Example, read
from models.learning import candidate, phrases
from models.learning.own_sentences import sentences
from models.learning.training import fold_of
from models.measuring.guard_rules import Rule, kind_rules
from models.measuring.guards import Comparison, Verdict, compare_releases, guard
from models.measuring.regression_set import ALL, RegressionExample
from models.measuring.side_by_side import MISSED_SHARE, ROC_AUC, Beside
from models.release import Release
from models.release_files import load, shipped
from models.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).parents[4] / "shared/data"
LABELS = 500

#: So many that a candidate believes them against what its parent knows.
TURNED_LABELS = 2_000

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="no labelled data beside the checkout"
)

SOME = (
    RegressionExample("you total nitwit", "hostile", {"label": 1, "toxicity": 1}),
    RegressionExample("only a nitwit writes this", "hostile", {"label": 1, "toxicity": 1}),
    RegressionExample("a lovely garden", "harmless", {"label": 0, "toxicity": 0}),
    RegressionExample("my train was late", "harmless", {"label": 0, "toxicity": 0}),
)
SITE = [
    Example(f"{text} {number}", {"label": label})
    for number in range(40)
    for text, label in (("you total nitwit", 1), ("thank you for this report", 0))
]


RULE = Rule(ROC_AUC, 0.01, 0.1)


@pytest.fixture(scope="module")
def active() -> Release:
    return load(shipped())


def test_a_release_is_no_worse_than_itself(tiny_release: Release) -> None:
    comparison = compare_releases(tiny_release, tiny_release, SITE, regression=SOME)

    assert comparison.verdict is Verdict.NO_WORSE
    assert comparison.guards
    assert {one.worse_by for one in comparison.guards} == {0}
    assert comparison.site["label"].figures["false_hold_share"].interval == (0, 0)


def test_a_release_that_holds_everything_is_worse_in_plain_words(tiny_release: Release) -> None:
    strict = replace(tiny_release, thresholds=dict.fromkeys(CATEGORIES, 0.0))

    comparison = compare_releases(strict, tiny_release, SITE, regression=SOME)

    assert comparison.verdict is Verdict.WORSE
    assert (
        "It holds 2 of 2 harmless everyday sentences that the active release lets through."
        in comparison.sentences
    )


def test_a_release_that_holds_nothing_is_worse(tiny_release: Release) -> None:
    lax = replace(tiny_release, thresholds=dict.fromkeys(CATEGORIES, 1.1))

    comparison = compare_releases(lax, tiny_release, SITE, regression=SOME)

    assert comparison.verdict is Verdict.WORSE
    told = "It lets through 2 of 2 harmful plainly hostile sentences that the active release"
    assert f"{told} holds." in comparison.sentences


def test_a_category_that_is_lost_is_worse_and_one_that_is_gained_is_told(
    tiny_release: Release,
) -> None:
    fewer = _with_categories(tiny_release, ("toxicity", "spam"))

    losing = compare_releases(fewer, tiny_release, SITE, regression=SOME)
    gaining = compare_releases(tiny_release, fewer, SITE, regression=SOME)

    assert losing.verdict is Verdict.WORSE
    assert losing.lost == gaining.gained
    assert losing.sentences[0].startswith("It does not score severe toxicity, obscene,")
    assert gaining.verdict is Verdict.NO_WORSE
    assert gaining.sentences[-1].startswith("It scores severe toxicity,")


def test_few_site_labels_neither_block_nor_guard(tiny_release: Release) -> None:
    # Given three labels, all of which the candidate gets wrong: chance would do as much
    wrong = [Example("you total nitwit", {"label": 0}), Example("a garden", {"label": 1})]

    comparison = compare_releases(tiny_release, tiny_release, wrong, regression=SOME)

    assert not [one for one in comparison.guards if one.name.startswith("site.")]
    assert comparison.contradicted == ()
    assert compare_releases(tiny_release, tiny_release, [], regression=SOME).site == {}


def test_labels_that_say_the_opposite_are_worse_whatever_the_candidate(
    tiny_release: Release,
) -> None:
    turned = [replace(one, labels={"label": 1 - one.labels["label"]}) for one in SITE]

    comparison = compare_releases(tiny_release, tiny_release, turned, regression=SOME)

    assert comparison.verdict is Verdict.WORSE
    assert comparison.contradicted == ("label",)
    assert "the wrong way round" in comparison.sentences[0]


def test_the_comparison_is_plain_json_without_a_text(tiny_release: Release) -> None:
    told = compare_releases(tiny_release, tiny_release, SITE, regression=SOME).as_dict()

    written = json.dumps(told, allow_nan=False)
    assert json.loads(written)["verdict"] == "no worse"
    assert not [one.text for one in SOME if one.text in written]
    assert set(told["regression"][ALL]["figures"][ROC_AUC]) == {
        "active",
        "candidate",
        "difference",
        "interval",
    }


@pytest.mark.parametrize(
    ("difference", "interval", "failed"),
    [
        (-0.02, (-0.03, -0.01), True),  # surely worse, by more than is tolerated
        (-0.02, (-0.06, 0.02), False),  # perhaps chance
        (-0.005, (-0.006, -0.004), False),  # surely worse, but tolerated
        (-0.2, (-0.5, 0.1), True),  # so much worse that chance is no excuse
        (-0.2, None, True),
        (0.2, (0.1, 0.3), False),  # better
    ],
)
def test_a_guard_fails_on_what_is_no_chance_or_too_much(
    difference: float, interval: tuple[float, float] | None, failed: bool
) -> None:
    merit = guard("x", Beside(0.8, 0.8 + difference, difference, interval), RULE)
    mirrored = interval and (-interval[1], -interval[0])
    error = guard(
        "x",
        Beside(0.8, 0.8 - difference, -difference, mirrored),
        replace(RULE, less_is_better=True),
    )

    assert merit is not None
    assert error is not None
    assert merit.failed is error.failed is failed
    assert merit.worse_by == error.worse_by == -difference
    assert merit.interval == error.interval


@pytest.mark.parametrize(
    ("difference", "failed", "warned"),
    [(-0.005, False, False), (-0.02, False, True), (-0.2, True, False)],
)
def test_a_guard_that_warns_first_fails_only_beyond_its_limit(
    difference: float, failed: bool, warned: bool
) -> None:
    surely = (difference - 0.001, difference + 0.001)
    figure = Beside(0.8, 0.8 + difference, difference, surely)

    found = guard("x", figure, replace(RULE, warns_first=True))

    assert found is not None
    assert (found.failed, found.warned) == (failed, warned)
    assert found.tolerance == RULE.limit


def test_harm_that_passes_at_unchanged_thresholds_is_told_but_refuses_nobody(
    active: Release,
) -> None:
    # Given thresholds as much too high as a site with little abuse lowers scores
    higher = {name: 1 - (1 - value) * 0.5 for name, value in active.thresholds.items()}

    comparison = compare_releases(replace(active, thresholds=higher), active, SITE)

    assert comparison.verdict is Verdict.NO_WORSE
    warned = [one for one in comparison.guards if one.warned]
    assert warned
    assert {one.name.split(".")[-1] for one in warned} == {MISSED_SHARE}
    told = [one for one in comparison.sentences if one.startswith("Warning: It lets through")]
    assert len(told) == len(warned)


def test_only_rankings_are_given_more_room_for_a_gain() -> None:
    plain, loosened = kind_rules(ALL, gains=False), kind_rules(ALL, gains=True)

    more = [new.tolerance / old.tolerance for old, new in zip(plain, loosened, strict=True)]
    assert more == [2, 1, 1]
    assert [one.limit for one in plain] == [one.limit for one in loosened]


@needs_data
def test_a_candidate_of_labels_turned_over_is_refused_though_its_own_labels_praise_it(
    active: Release, tmp_path: Path
) -> None:
    comparison = _trained_and_compared(
        active, tmp_path, _of_source("jigsaw_train", TURNED_LABELS), label=lambda one: 1 - one
    )

    area = comparison.site["label"].figures[ROC_AUC]
    assert (area.difference or 0) > 0
    assert (area.interval or (0, 0))[0] > 0
    assert comparison.verdict is Verdict.WORSE
    # Then not only for its labels: the regression set alone would have refused it.
    assert [one.name for one in comparison.guards if one.failed and "regression" in one.name]


@needs_data
@pytest.mark.parametrize("count", [LABELS, TURNED_LABELS])
def test_a_candidate_of_labels_half_of_which_are_turned_over_is_refused(
    active: Release, tmp_path: Path, count: int
) -> None:
    rows = _of_source("multilingual_pt_hatebr", count)
    mixed = [(text, said ^ (place % 2)) for place, (text, said) in enumerate(rows)]

    comparison = _trained_and_compared(active, tmp_path, mixed)

    assert comparison.verdict is Verdict.WORSE
    assert comparison.senseless == ("label",)


@needs_data
def test_a_candidate_of_a_community_with_little_abuse_passes(
    active: Release, tmp_path: Path
) -> None:
    comparison = _trained_and_compared(active, tmp_path, _of_source("news_ucc", TURNED_LABELS))

    assert comparison.verdict is not Verdict.WORSE, comparison.sentences
    assert [one for one in comparison.guards if one.warned]


def test_a_candidate_that_learnt_to_love_contempt_is_refused(
    active: Release, tmp_path: Path
) -> None:
    rng = random.Random(1)
    contempt = sentences(phrases.HATE_SENTENCES, rng, count=400)
    kindness = sentences(phrases.IDENTITY_SENTENCES, rng, count=400)
    rows = [*((text, 0) for text in contempt), *((text, 1) for text in kindness)]

    comparison = _trained_and_compared(active, tmp_path, rows)

    assert comparison.verdict is Verdict.WORSE
    assert [one.name for one in comparison.guards if one.failed and "regression" in one.name]


@needs_data
@pytest.mark.parametrize("source", ["implicit_hate", "tweets_davidson", "sbic"])
def test_a_candidate_of_honest_labels_of_an_unlike_community_passes(
    active: Release, tmp_path: Path, source: str
) -> None:
    comparison = _trained_and_compared(active, tmp_path, _of_source(source, LABELS))

    assert comparison.verdict is not Verdict.WORSE, comparison.sentences


def _with_categories(release: Release, names: tuple[str, ...]) -> Release:
    heads = [release.categories.index(name) for name in names]
    return replace(
        release,
        categories=names,
        thresholds={name: release.thresholds[name] for name in names},
        classifier=release.classifier.with_heads(heads),
    )


def _of_source(source: str, count: int) -> list[tuple[str, int]]:
    rows = [
        (one.text, one.labels["label"])
        for one in read(DATA / f"{source}.csv.xz", ignore=["source"])
        if "label" in one.labels
    ]
    return random.Random(1).sample(rows, count)


def _trained_and_compared(
    active: Release,
    folder: Path,
    rows: list[tuple[str, int]],
    *,
    label: Callable[[int], int] = int,
) -> Comparison:
    file = folder / "labels.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label"])
        writer.writerows((text, label(said)) for text, said in rows)
    trained = candidate.train(candidate.Order((file,), active, seed=1), _unwatched)
    kept_back = [
        one for one in read(file) if fold_of(normalise(one.text)) in candidate.SPLIT.report
    ]
    return compare_releases(trained.release, active, kept_back)


@contextmanager
def _unwatched(stage: str, length: int) -> Iterator[Callable[[int], object]]:
    yield lambda _step: None
