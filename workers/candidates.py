"""From a site's labels to a candidate in the record: what the job and the command share."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.dataset import Example
from models.learning import candidate
from models.learning.candidate import Candidate, Order, TooLittleDataError, Watch
from models.learning.doubts import Doubt, doubtful
from models.measuring.evaluation import Measured
from models.measuring.guards import Comparison, compare_releases
from models.release import Release
from moderation.desk.labels import Labels
from moderation.errors import RedisAwayError, ReleaseExistsError
from moderation.record import Record
from moderation.releases import SHIPPED, StoredRelease
from moderation.settings import Settings
from moderation.trainings import Training
from workers.lessons import COMMENT_ID, ID, OWN_COLUMNS, Lesson, write_lesson
from workers.model import load_default
from workers.proposals import proposals
from workers.pulse import StoppedError
from workers.stored import files_of, load_stored

log = logging.getLogger(__name__)

RELEASE_FOLDER = "release"
SEED = 1


@dataclass(frozen=True)
class Made:
    """A candidate that is in the record, and how it compares with the active release.

    `folder`: its files, which go with the bench.
    """

    stored: StoredRelease
    trained: Candidate
    measured: list[Measured]
    comparison: Comparison
    folder: Path


@dataclass(frozen=True)
class Bench:
    """Where candidates of a site are made: the record, a folder that goes, who watches."""

    record: Record
    settings: Settings
    training: Training
    folder: Path
    watch: Watch

    @property
    def site(self) -> str:
        """Whose labels are learnt from."""
        return self.training.site

    def lesson(self) -> Lesson:
        """The site's labels, read once; the training remembers which they were."""
        labels = Labels(self.record)
        with self.watch("Labels", labels.summary(self.site).total) as step:
            lesson = write_lesson(labels.every(self.site), self.folder, step)
        self.record.trainings.note(
            self.site, self.training.id, labels=lesson.labels, labels_sha256=lesson.sha256
        )
        return lesson

    def note_candidate(self, version: str) -> None:
        """Writes down what the training has made."""
        self.record.trainings.note(self.site, self.training.id, candidate=version)

    def release(self, version: str) -> Release:
        """A stored release of the site, or for "" the one that the service runs by itself.

        Raises:
            UnknownReleaseError: the site has none of this version, or its file is gone.
            ReleaseError, SettingsError: it cannot be used.
        """
        if version == SHIPPED:
            return self.default()
        return load_stored(self.record.releases, self.site, version)

    def default(self) -> Release:
        """The release that the service runs by itself.

        Raises:
            SettingsError: it cannot be used.
        """
        return load_default(self.settings)

    def active(self) -> Release:
        """The release that decides for the site now.

        Raises:
            UnknownReleaseError, ReleaseError, SettingsError: see `release`.
        """
        return self.release(self.record.releases.assignment(self.site).active)


def make(bench: Bench, order: Order, *, command: str) -> Made:
    """Learns a candidate, measures it beside the active release, and stores it.

    Nothing is stored before all of it is done.

    Args:
        bench: where.
        order: what is learnt.
        command: what the candidate's lineage says that made it.

    Raises:
        TooLittleDataError, DatasetError, ForeignParentError: see `candidate.train`.
    """
    trained = candidate.train(order, bench.watch, scratch=bench.folder)
    other = bench.active()
    measured = candidate.compare(trained, other, bench.watch)
    examples = list(candidate.kept_back(order))
    comparison = _compared(bench, trained.release, other, examples)
    evaluation = _evaluation(comparison, trained.release, examples)
    folder = bench.folder / RELEASE_FOLDER
    candidate.write(folder, trained, measured, command=command)
    with bench.watch("Storing", 1):
        # No step: what is stored is there, whoever cancels now.
        stored = _store(bench, folder, comparison, evaluation)
    return Made(stored, trained, measured, comparison, folder)


def order_of(
    bench: Bench,
    lesson: Lesson,
    parent: Release | None,
    *,
    files: tuple[Path, ...] = (),
    ignore: tuple[str, ...] = (),
    seed: int = SEED,
    skip_bad_rows: bool = True,
) -> Order:
    """What is to be learnt: the site's labels, and labelled files besides.

    Raises:
        TooLittleDataError: there is neither.
    """
    own = (lesson.path,) if lesson.labels else ()
    if not own and not files:
        raise TooLittleDataError(
            f"the site {bench.site} has no labels yet: every decision of a moderator is one, "
            "and `moderation labels import` brings others"
        )
    columns = (*OWN_COLUMNS, *ignore)
    return Order((*own, *files), parent, seed, columns, skip_bad_rows=skip_bad_rows)


def compare_anew(bench: Bench, lesson: Lesson, version: str) -> Comparison:
    """Compares a stored release with the one that is active now, and stores what came of it.

    Raises:
        UnknownReleaseError: the site has none of this version, or its file is gone.
        ReleaseError, SettingsError: it cannot be used.
    """
    other = bench.active()
    examples = list(lesson.kept_back())
    release = bench.release(version)
    comparison = _compared(bench, release, other, examples)
    evaluation = _evaluation(comparison, release, examples)
    bench.record.releases.set_evaluation(
        bench.site, version, evaluation, compared_with=other.version
    )
    return comparison


def note_doubts(bench: Bench, lesson: Lesson, base: Release) -> None:
    """Lists labels that are most probably mistakes, for a second look.

    A candidate is no worse without it: what goes wrong here is only logged, and a training
    that is cancelled now is done.
    """
    examples = list(lesson.examples())
    with suppress(StoppedError):
        try:
            doubts = doubtful(examples, base, watch=bench.watch)
            found = [_doubt(examples[one.index], one) for one in doubts]
            bench.record.labels.put_doubts(bench.site, found)
        except (ValueError, RedisAwayError):
            log.exception("no labels of the site %s are listed as doubtful", bench.site)


def _compared(
    bench: Bench, release: Release, other: Release, examples: list[Example]
) -> Comparison:
    with bench.watch("Comparing", 1) as step:
        comparison = compare_releases(release, other, examples)
        step(1)
    return comparison


def _evaluation(
    comparison: Comparison, release: Release, examples: list[Example]
) -> dict[str, Any]:
    """What is stored of a comparison: itself, and thresholds proposed on the same labels."""
    return {**comparison.as_dict(), "proposals": proposals(release, examples)}


def _store(
    bench: Bench, folder: Path, comparison: Comparison, evaluation: Mapping[str, Any]
) -> StoredRelease:
    releases, training, active = bench.record.releases, bench.training, comparison.active
    try:
        return releases.add(
            bench.site,
            files_of(folder),
            created_by=training.started_by,
            training=training.id,
            evaluation=evaluation,
            compared_with=active,
        )
    except ReleaseExistsError:
        # The version is the digest of what was fitted: the same labels gave the same release.
        version = comparison.candidate
        releases.set_evaluation(bench.site, version, evaluation, compared_with=active)
        return releases.one(bench.site, version)


def _doubt(example: Example, doubt: Doubt) -> tuple[str, str, str, int, float]:
    """A doubt as the record keeps it, with the probability of a 1, not that of the label."""
    of_a_one = doubt.probability if doubt.label else 1 - doubt.probability
    comment_id = example.extra.get(COMMENT_ID, "")
    return example.extra[ID], comment_id, doubt.category, doubt.label, of_a_one
