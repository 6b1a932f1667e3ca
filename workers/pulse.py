"""The pulse of a running training: says that it lives and how far it is, hears when to stop.

A thread speaks to the record once a second. The work itself only counts, and looks at each
step whether it is to stop.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from models.learning.candidate import Watch
from moderation.errors import RedisAwayError
from moderation.record.trainings import Trainings
from moderation.trainings import Training

log = logging.getLogger(__name__)

BEAT_S = 1.0


class StoppedError(Exception):
    """Raised inside a training that is to stop; `by` is who cancelled it, "" for nobody.

    Nobody cancelled a training that others took for dead, because nothing was heard of it.
    """

    def __init__(self, by: str) -> None:
        super().__init__(f"cancelled by {by}" if by else "it was taken for dead")
        self.by = by


class Pulse:
    """Beats while a training runs; its `watch` is what the training tells its steps.

    Args:
        trainings: where to.
        training: the run.
        beside: another who likes to know how far it is, such as a progress bar.
        parent_pid: a child of this process ends with it; 0 for a process of its own.
    """

    def __init__(
        self,
        trainings: Trainings,
        training: Training,
        *,
        beside: Watch | None = None,
        parent_pid: int = 0,
    ) -> None:
        self._trainings = trainings
        self._training = training
        self._beside = beside
        self._parent_pid = parent_pid
        self._stage, self._done, self._total = "", 0, 0
        self._ending = threading.Event()
        self._stopped: StoppedError | None = None
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()

    @contextmanager
    def watch(self, stage: str, length: int) -> Iterator[Callable[[int], object]]:
        """Begins a stage; what is entered is called with each step of its length.

        Raises:
            StoppedError: it is to stop; at the beginning and at any step.
        """
        self.check()
        self._stage, self._done, self._total = stage, 0, length
        if self._beside is None:
            yield self._step
            return
        with self._beside(stage, length) as step_beside:

            def step(steps: int) -> None:
                step_beside(steps)
                self._step(steps)

            yield step

    def check(self) -> None:
        """Goes on unless the training is to stop.

        Raises:
            StoppedError: it is.
        """
        if self._stopped:
            raise self._stopped

    def beat(self) -> None:
        """Tells the record how far it is, and hears whether to go on.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        heard = self._trainings.beat(
            self._training.site,
            self._training.id,
            stage=self._stage,
            done=self._done,
            total=self._total,
        )
        if heard.cancelled_by or not heard.goes_on:
            self._stopped = StoppedError(heard.cancelled_by)

    def _step(self, steps: int) -> None:
        self.check()
        self._done += steps

    def _run(self) -> None:
        while not self._ending.wait(BEAT_S):
            if self._parent_pid and os.getppid() != self._parent_pid:
                # Nobody is left who would say what became of this process.
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                self.beat()
            except RedisAwayError as error:
                log.warning("Redis is away, the training goes on: %s", error)
