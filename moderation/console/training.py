"""Training from the console: start it, watch it, cancel it, let it run every night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.wrappers import Response as BaseResponse

from moderation import hostile
from moderation.api.base import services
from moderation.console.base import me, needs
from moderation.console.release_pages import MODELS, release_blueprint, to
from moderation.desk.labels import Labels, LabelSummary
from moderation.desk.trainings import Trainings
from moderation.domain import Actor, Role
from moderation.record import Record
from moderation.trainings import Schedule, Training, TrainingKind, TrainingState
from moderation.wording import category_label

blueprint = release_blueprint("training", __name__)

RUNS_SHOWN = 10
STAGE_CHARACTERS = 60
ERROR_CHARACTERS = 1_000
CRON_CHARACTERS = 100
#: What the form has chosen where the expression beside it counts.
OWN = "own"
#: Cron expression → what people call it.
PRESETS = {
    "": "never",
    "30 3 * * *": "every night at 3:30",
    "30 3 * * 1-5": "Monday to Friday at 3:30",
    "30 3 * * 0": "every Sunday at 3:30",
}
_STATES = {
    TrainingState.QUEUED: "waits for the trainer",
    TrainingState.DONE: "done",
    TrainingState.SKIPPED: "skipped",
    TrainingState.FAILED: "failed",
    TrainingState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class TrainingView:
    """A run for a template."""

    training: Training

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.training.state.is_open

    @property
    def what(self) -> str:
        """What it does, for people."""
        if self.training.kind is TrainingKind.COMPARE:
            return f"Comparing {self.training.candidate} anew"
        return "Training"

    @property
    def where(self) -> str:
        """How far it is, in a few words."""
        one = self.training
        if one.state is not TrainingState.RUNNING:
            return _STATES[one.state]
        stage = hostile.one_line(one.stage, STAGE_CHARACTERS) or "begins"
        return f"{stage}: {one.done:,} of {one.total:,}" if one.total else stage

    @property
    def error(self) -> str:
        """Why it failed or was skipped, "" if it was not."""
        return hostile.one_line(self.training.error, ERROR_CHARACTERS)

    @property
    def told(self) -> str:
        """What became of it, as a sentence; "" while it is open or without a result."""
        if self.training.state is TrainingState.DONE and self.training.candidate:
            return f"{self.what} is done: see {self.training.candidate}."
        return "" if self.is_open else f"{self.what} {self.where}. {self.error}".strip()


def training_panel(record: Record, actor: Actor) -> dict[str, Any]:
    """What a template shows of training: labels, the run that is under way, the last ones."""
    trainings, site = Trainings(record), actor.site
    record.trainings.fail_silent(site)
    runs = [TrainingView(one) for one in trainings.recent(site, RUNS_SHOWN)]
    running = next((one for one in runs if one.is_open), None)
    summary, schedule = Labels(record).summary(site), trainings.schedule(site)
    return {
        "labels": summary,
        "too_few": too_few(summary),
        "running": running,
        "runs": [one for one in runs if not one.is_open],
        "has_trainer": trainings.has_trainer(),
        "schedule": schedule,
        "schedule_told": _told(schedule),
        "presets": [*PRESETS.items(), (OWN, "as written here:")],
        "preset": schedule.cron if schedule.cron in PRESETS else OWN,
        # Said aloud when the page finds, by asking again, that a run has ended.
        "status": runs[0].told if runs and not running else "",
    }


def too_few(summary: LabelSummary) -> str:
    """What is missing before there is something to learn, "" if nothing is."""
    if summary.can_train:
        return ""
    if not summary.total:
        return "There is nothing to learn from yet: nobody has approved or rejected a comment."
    name, (zeros, ones) = min(summary.missing.items(), key=lambda one: sum(one[1]))
    parts = [
        f"{count:,} more {what}"
        for count, what in (
            (zeros, f"without {category_label(name)}"),
            (ones, f"with {category_label(name)}"),
        )
        if count
    ]
    return f"There are too few to learn from: it takes at least {' and '.join(parts)}."


@blueprint.post("/trainings")
@needs(Role.ADMIN)
def start() -> BaseResponse:
    """Asks for a candidate to be trained from the site's labels."""
    Trainings(services().record).start(me().actor)
    return to(MODELS, "training")


@blueprint.post("/trainings/<training_id>/cancel")
@needs(Role.ADMIN)
def cancel(training_id: str) -> BaseResponse:
    """Stops a run; nothing is left of it."""
    Trainings(services().record).cancel(me().actor, training_id)
    return to(MODELS, "cancelled")


@blueprint.post("/trainings/schedule")
@needs(Role.ADMIN)
def set_schedule() -> BaseResponse:
    """Says when the site is trained by itself."""
    chosen = request.form.get("preset", OWN)
    cron = request.form.get("cron", "") if chosen == OWN else chosen
    Trainings(services().record).set_schedule(me().actor, cron[:CRON_CHARACTERS])
    return to(MODELS, "scheduled")


def _told(schedule: Schedule) -> str:
    """A schedule for people."""
    return PRESETS.get(schedule.cron) or schedule.cron
