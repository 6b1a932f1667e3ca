"""A training in the trainer, watched from the command line; and a release in words."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from moderation.desk.trainings import Trainings
from moderation.record import Record
from moderation.releases import StoredRelease
from moderation.trainings import Training, TrainingState

POLL_S = 0.5
#: Steps of the bar of a stage.
BAR_STEPS = 100


def follow(record: Record, training: Training) -> Training:
    """Shows how far a training is until it is done.

    Raises:
        click.ClickException: it failed, or was cancelled; the message says why.
    """
    trainings = Trainings(record)
    site, training_id = training.site, training.id
    while (now := trainings.one(site, training_id)).state is TrainingState.QUEUED:
        time.sleep(POLL_S)
    while now.state is TrainingState.RUNNING:
        stage = now.stage
        with _bar(stage) as show:
            while now.state is TrainingState.RUNNING and now.stage == stage:
                show(now)
                time.sleep(POLL_S)
                now = trainings.one(site, training_id)
    if now.state is not TrainingState.DONE:
        raise click.ClickException(_why(now))
    return now


def about(stored: StoredRelease, **more: Any) -> dict[str, Any]:
    """A stored release as plain JSON."""
    metrics = stored.manifest.get("metrics", {})
    return {
        "version": stored.version,
        "state": stored.state.value,
        "created_at": stored.created_at,
        "created_by": stored.created_by,
        "parent": stored.parent,
        "has_file": stored.has_file,
        "metrics": next(iter(metrics.values()), {}),
        "compared_with": stored.compared_with,
        "evaluation": stored.evaluation,
        **more,
    }


def outcome(stored: StoredRelease) -> Iterator[str]:
    """How a release compares with the active one, a sentence a line."""
    if stored.evaluation is None:
        yield "not compared with any other release yet"
        return
    yield f"compared with {stored.compared_with}: {stored.evaluation['verdict']}"
    yield from (f"  {sentence}" for sentence in stored.sentences)


def _why(training: Training) -> str:
    if training.state is TrainingState.CANCELLED:
        return f"the training was cancelled by {training.cancelled_by or 'nobody we know'}"
    return training.error


@contextmanager
def _bar(stage: str) -> Iterator[Any]:
    """A bar on standard error if a person is watching it, else a line a stage."""
    if not sys.stderr.isatty():
        if stage:
            click.echo(f"{stage} ...", err=True)
        yield lambda _: None
        return
    with click.progressbar(length=BAR_STEPS, label=f"{stage:9}", file=sys.stderr) as bar:
        yield lambda now: bar.update(int(now.share * BAR_STEPS) - bar.pos)
