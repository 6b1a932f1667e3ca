"""Which functions a worker runs: a short list a queue, whatever a job in Redis may say.

RQ resolves any dotted name that a job carries, `os.system` included, its callbacks too, and
sends webhooks to any address. Whoever can write to Redis must not be able to run code here.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from rq.job import Job

from moderation import logs
from moderation.errors import ModerationError
from moderation.record.deliveries import DELIVER
from moderation.record.doorbell import DRAIN
from moderation.record.trainings import COMPARE, TRAIN


class RefusedJobError(ModerationError):
    """Raised when a job asks for a function that is not on the short list."""


class ShortListJob(Job):
    """A job that never imports what it names, calls nothing back, and sends nothing."""

    #: Everything that a job may ask for; imported when the first one does.
    short_list: frozenset[str] = frozenset()

    @property
    def func(self) -> Callable[..., Any]:
        """The function on the short list that the job names.

        Raises:
            RefusedJobError: it names another one.
        """
        name = self.func_name
        if self.instance is not None or name not in self.short_list:
            raise RefusedJobError(f"a job asked for {name!r}, which no worker runs")
        module, _, function = name.rpartition(".")
        found: Callable[..., Any] = getattr(import_module(module), function)
        return found

    @property
    def success_callback(self) -> None:
        """Never any."""

    @property
    def failure_callback(self) -> None:
        """Never any."""

    @property
    def stopped_callback(self) -> None:
        """Never any."""

    def send_webhooks(self, *_: object, **__: object) -> None:
        """Sends none."""

    def perform(self) -> Any:
        """Runs the function; whatever is logged meanwhile carries the job's id."""
        with logs.about(job_id=self.id):
            return super().perform()


class ScoringJob(ShortListJob):
    """What scoring workers run."""

    short_list = frozenset({DRAIN})


class DeliveryJob(ShortListJob):
    """What deliverers run."""

    short_list = frozenset({DELIVER})


class TrainingJob(ShortListJob):
    """What trainers run."""

    short_list = frozenset({TRAIN, COMPARE})
