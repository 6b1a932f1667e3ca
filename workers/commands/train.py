"""`moderation train`: a candidate of a site, from its moderators' labels and from files.

Owns the command beside a service; without one it is that of `models.commands.train`.
"""

from __future__ import annotations

import json
from typing import Any

import click

from models.commands import train as alone
from models.commands.wish import NOTHING, Wish, with_wish
from models.release import Release
from models.release_files import ReleaseError
from moderation.bootstrap import DEMO_SITE
from moderation.options import beside_service, data_dir_option, no_service, with_settings
from moderation.settings import Settings
from moderation.trainings import Schedule
from workers.candidates import Bench, Made, make, note_doubts, order_of
from workers.commands.following import about, follow, outcome
from workers.commands.here import Here
from workers.pulse import StoppedError
from workers.stored import files_of, write_files
from workers.training import conduct

TRAIN_HELP = """\
Train a candidate of a site from its moderators' labels, and from labelled files.

Beside a running service the candidate is stored at the site, with its figures beside those of
the active release; `moderation models promote VERSION` lets it decide. Without a service
--data is needed, and the release is written into a folder; beside one, --output writes it
there as well.

\b
  $ moderation train
  $ moderation train --site daily-news --data labelled.csv.xz
  $ moderation train --background
  $ moderation train --schedule "30 3 * * *"

Files are CSV, JSON Lines or Parquet with the columns "text", and "label" (1: should be held)
or any of the categories. An empty cell is "nobody said". What is learnt is learnt on top of
the release that the service came with, as a change as small as may be: a few hundred comments
help, and it goes on ranking others as before.

One comment in five is kept back, never trained on; on these the candidate is measured
beside the active release. Which ones hangs on their text alone.
"""


@click.command(help=TRAIN_HELP)
@with_wish(needs_files=False)
@click.option("--site", help=f"Whose labels.  [default: {DEMO_SITE}]")
@click.option(
    "--background", is_flag=True, help="Leave it to the trainer of the service, and watch."
)
@click.option("--no-wait", is_flag=True, help="With --background: do not watch.")
@click.option(
    "--schedule",
    metavar="CRON",
    help='When the trainer does it by itself, such as "30 3 * * *"; "off": never.',
)
@data_dir_option
@with_settings
def train(
    settings: Settings,
    *,
    wish: Wish,
    site: str | None,
    background: bool,
    no_wait: bool,
    schedule: str | None,
) -> None:
    """Train a candidate of a site from its moderators' labels, and from labelled files."""
    found = beside_service(settings)
    if found is None:
        if site or background or schedule is not None or not wish.files:
            raise no_service(settings, instead="; or train from files alone: --data FILE")
        alone.train_into_folder(wish)
        click.echo("To hand it to a service: moderation models import FOLDER", err=True)
        return
    here = Here.at(found, site or DEMO_SITE)
    if schedule is not None:
        _tell_schedule(
            here.trainings.set_schedule(here.operator, schedule), as_json=wish.as_json
        )
    elif background:
        _train_there(here, wish, wait=not no_wait)
    else:
        _train_here(here, wish)


def _train_here(here: Here, wish: Wish) -> None:
    """Trains in this process, while the record shows how far it is."""
    folder = alone.new_folder(wish.output) if wish.output else None

    def work(bench: Bench) -> dict[str, Any] | str:
        lesson = bench.lesson()
        parent = _parent(bench, wish.parent_name)
        order = order_of(
            bench,
            lesson,
            parent,
            files=wish.files,
            ignore=wish.ignore,
            seed=wish.seed,
            skip_bad_rows=wish.skip_bad_rows,
        )
        made = make(bench, order, command=alone.typed_command())
        bench.note_candidate(made.stored.version)
        alone.tell_skipped(made.trained)
        if wish.report_folder:
            alone.write_report(wish.report_folder, made.measured, made.trained)
        if folder:
            write_files(folder, files_of(made.folder))
        note_doubts(bench, lesson, parent or bench.default())
        return _told(here, made) if wish.as_json else _shown(here, made)

    training = here.trainings.start(here.operator, queued=False)
    with alone.explained():
        try:
            told = conduct(here.record, here.settings, training, work, beside=alone.watch)
        except (ReleaseError, StoppedError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(told if isinstance(told, str) else json.dumps(told))


def _parent(bench: Bench, name: str | None) -> Release | None:
    """The release to start from: one of the site's own comes before folders and ours."""
    if name == NOTHING:
        return None
    if name is None:
        return bench.default()
    if name in {one.version for one in bench.record.releases.all(bench.site)}:
        return bench.release(name)
    return alone.named_release(name)


def _train_there(here: Here, wish: Wish, *, wait: bool) -> None:
    """Leaves it to the trainer."""
    if wish.files or wish.output or wish.report_folder or wish.parent_name == NOTHING:
        raise click.UsageError(
            "the trainer has the site's labels alone, and no folder of yours: leave out "
            "--background, or import the files first (moderation labels import)"
        )
    training = here.trainings.start(here.operator, parent=wish.parent_name or "")
    if not here.trainings.has_trainer():
        click.echo(
            "no trainer is alive; the training begins when `moderation trainer` starts",
            err=True,
        )
    if not wait:
        told = training.to_json()
        click.echo(json.dumps(told) if wish.as_json else f"training {training.id} is queued")
        return
    done = follow(here.record, training)
    stored = here.record.releases.one(here.site, done.candidate)
    if wish.as_json:
        click.echo(json.dumps(about(stored, training=done.id)))
    else:
        click.echo("\n".join([f"release {stored.version}", *outcome(stored)]))


def _told(here: Here, made: Made) -> dict[str, Any]:
    return {
        **alone.told(made.trained, made.measured),
        "site": here.site,
        "training": made.stored.training,
        "evaluation": made.stored.evaluation,
    }


def _shown(here: Here, made: Made) -> str:
    return "\n".join(
        [
            alone.shown(made.trained, made.measured),
            "",
            *outcome(made.stored),
            "",
            f"stored at the site {here.site}; let it decide with",
            f"  moderation models promote {made.stored.version} --site {here.site}",
        ]
    )


def _tell_schedule(schedule: Schedule, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(schedule.to_json()))
    elif schedule.cron:
        click.echo(f"trained by itself at {schedule.cron!r}, next at {schedule.next_at}")
    else:
        click.echo("not trained by itself any more")
