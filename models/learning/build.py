"""`python -m models.learning.build DATA_DIR`: the shipped release, made anew.

Owns the recipe: what is read, what is kept back, where the thresholds are set and which
figures go into the manifest and the model card. The same data give the same predictions.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from threadpoolctl import threadpool_limits

import models
from models import lineage
from models.categories import CATEGORIES, LABEL, SPAM, TOXICITY
from models.dataset import BadRows, read
from models.features import HashedNgrams
from models.learning import model_card, training, word_vectors
from models.learning.augmentation import WORD
from models.learning.sources import (
    DEVELOPMENT_SOURCE,
    FALSE_HOLD_SOURCES,
    ORIGIN_COLUMNS,
    TRAINING_SOURCES,
    Source,
)
from models.measuring.evaluation import evaluate, report
from models.release import BATCH_SIZE, Release
from models.release_files import save
from models.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from models.dataset import Example

VERSION = "2026.11-2"

#: Everything random hangs on it.
SEED = 20261124


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(models.__file__).parent / "released" / VERSION,
    help="The folder that the release is written to.",
)
def main(data: Path, output: Path) -> None:
    """Train, calibrate, measure and write the shipped release from the files in DATA."""
    began = time.monotonic()

    def say(message: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {message}", err=True)

    built = build(data, output.parent, say=say)
    release = built.release
    say("measuring")
    details = describe(release, data, words=built.words, trained_on=built.trained_on)
    save(output, release, details=details, card=model_card.write(release, details))
    say(f"wrote {output}")


@dataclass(frozen=True)
class Built:
    """A release, the words that are typical of abuse, and how many rows it was fitted on."""

    release: Release
    words: frozenset[str]
    trained_on: int


def build(
    data: Path,
    scratch: Path,
    *,
    sources: Sequence[Source] = TRAINING_SOURCES,
    version: str = VERSION,
    say: Callable[[str], object],
) -> Built:
    """Train and calibrate a release by the recipe of the shipped one.

    Args:
        data: the folder of the labelled files.
        scratch: a folder with room for some hundred bytes a comment, needed meanwhile.
        sources: what it learns from.
        version: what it is called.
        say: is told how far it is.
    """
    languages = tuple(dict.fromkeys(source.language for source in sources))
    # More threads would add up in another order, and give other last digits.
    with threadpool_limits(1), tempfile.TemporaryDirectory(dir=scratch) as folder:
        known = word_vectors.of_texts(texts_of_all(data, sources), seed=SEED)
        say(f"learnt vectors of {len(known.words):,} words")
        vectoriser = HashedNgrams(known_words=known.words)
        rows = training.TrainingSet(
            Path(folder), vectoriser, split=training.SHIPPED_SPLIT, seed=SEED
        )
        words = gather(rows, data, sources, say=say)
        say(f"fitting on {rows.fitting.count:,} comments")
        classifier = rows.fit(vectors=known.vectors)
    unset = dict.fromkeys(CATEGORIES, 1.0)
    release = Release(version, CATEGORIES, unset, vectoriser, classifier, languages)
    thresholds = choose_thresholds(release, data)
    release = Release(version, CATEGORIES, thresholds, vectoriser, classifier, languages)
    return Built(release, words, rows.fitting.count)


def texts_of_all(data: Path, sources: Sequence[Source]) -> Iterator[list[str]]:
    """Yield all texts that may be learnt from, normalised, in batches."""
    for source in sources:
        texts = (normalise(example.text) for example in examples_of(source, data))
        learnt = (
            text
            for text in texts
            if training.fold_of(text) not in training.SHIPPED_SPLIT.report
        )
        while batch := list(islice(learnt, training.CHUNK_SIZE)):
            yield batch


def gather(
    rows: training.TrainingSet,
    data: Path,
    sources: Sequence[Source],
    *,
    say: Callable[[str], object],
) -> frozenset[str]:
    """Fill the training set; return the words that are typical of abuse."""
    for source in sources:
        rows.add_examples(source, examples_of(source, data))
        say(f"read {source.name}, {rows.fitting.count:,} comments so far")
    words = rows.add_disguised_copies()
    rows.add_linked_copies()
    rows.add_own_sentences()
    return words


def examples_of(source: Source, data: Path) -> Iterator[Example]:
    """Read the examples of a source; the files have a row without a text, which is no loss."""
    path = data / f"{source.name}.csv.xz"
    return read(path, ignore=ORIGIN_COLUMNS, bad_rows=BadRows())


def choose_thresholds(release: Release, data: Path) -> dict[str, float]:
    """Return thresholds at which few harmless comments, as they come, are held anywhere."""
    thresholds = dict.fromkeys(CATEGORIES, training.LOWEST_THRESHOLD)
    for source in FALSE_HOLD_SOURCES:
        examples = examples_of(source, data)
        harmless = [example.text for example in examples if example.labels[LABEL] == 0]
        scored = release.score(harmless)
        for category in CATEGORIES:
            scores = np.array([result.scores[category] for result in scored])
            bar = training.threshold(category, scores)
            thresholds[category] = round(max(thresholds[category], bar), 3)
    return thresholds


def describe(
    release: Release, data: Path, *, words: frozenset[str], trained_on: int
) -> dict[str, Any]:
    """Return what the manifest says besides the release itself: data, code, figures."""
    return {
        "trained_on_comments": trained_on,
        "command": "python -m models.learning.build DATA_DIR",
        "seed": SEED,
        "code_sha256": lineage.code_sha256(),
        "weights_sha256": lineage.weights_sha256(release.classifier),
        "data_sha256": lineage.data_sha256(
            [data / f"{source.name}.csv.xz" for source in TRAINING_SOURCES]
        ),
        "licences": {source.name: source.licence for source in TRAINING_SOURCES},
        "metrics": measure(release, data),
        "word_list_roc_auc": word_list_figures(words, data),
        "comments_per_second": throughput(release, data),
    }


def measure(release: Release, data: Path) -> dict[str, Any]:
    """Return the figures on comments that were not trained on: file -> name -> figures."""
    kept_back = {
        "kept back (Jigsaw)": chain.from_iterable(
            kept_back_of(source, data) for source in TRAINING_SOURCES[:2]
        ),
        "kept back (spam)": chain.from_iterable(
            kept_back_of(source, data) for source in TRAINING_SOURCES if source.category == SPAM
        ),
        "kept back (all toxicity)": chain.from_iterable(
            kept_back_of(source, data)
            for source in TRAINING_SOURCES
            if source.category == TOXICITY
        ),
    }
    whole = {
        source.name: examples_of(source, data)
        for source in (DEVELOPMENT_SOURCE, *FALSE_HOLD_SOURCES)
    }
    return {
        name: evaluate(release, examples).as_dict()["categories"]
        for name, examples in (kept_back | whole).items()
    }


def kept_back_of(source: Source, data: Path) -> Iterator[Example]:
    """Yield the examples of a training source that only the report may see."""
    for example in examples_of(source, data):
        if training.fold_of(normalise(example.text)) in training.SHIPPED_SPLIT.report:
            yield example


def word_list_figures(words: frozenset[str], data: Path) -> dict[str, float | None]:
    """Return the ROC AUC of counting the words that are typical of abuse, for comparison."""
    figures: dict[str, float | None] = {}
    for source in (DEVELOPMENT_SOURCE, *FALSE_HOLD_SOURCES):
        examples = list(examples_of(source, data))
        counts = [_typical_share(normalise(example.text), words) for example in examples]
        truth = np.array([example.labels[LABEL] for example in examples])
        figures[source.name] = report(truth, np.array(counts), threshold=1.0).roc_auc
    return figures


def _typical_share(text: str, words: frozenset[str]) -> float:
    counts: Mapping[bool, int] = Counter(word in words for word in WORD.findall(text))
    return counts[True] / (1 + counts[True])


def throughput(release: Release, data: Path) -> int:
    """Return how many development comments are scored in a second of processor time."""
    texts = [example.text for example in examples_of(DEVELOPMENT_SOURCE, data)]
    release.score(texts[:BATCH_SIZE])
    began = time.process_time()
    release.score(texts)
    return int(len(texts) / (time.process_time() - began))


if __name__ == "__main__":
    main()
