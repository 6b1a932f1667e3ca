"""The trainer as a part of `moderation run`."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from moderation.embedded import embedded_url
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import start_service
from tests.test_service import children
from tests.workers.training_kit import wait_until

pytestmark = pytest.mark.service

TRAINER = "-m moderation trainer"


def test_a_killed_trainer_comes_back_and_nobody_waits_for_it(tmp_path: Path):
    service = start_service(tmp_path)
    record = Record(Settings(redis_url=embedded_url(tmp_path)))
    try:
        wait_until(record.trainings.has_trainer, 60)
        [first] = children(service, TRAINER)

        os.kill(first, signal.SIGKILL)
        with service.client() as client:
            assert client.get("/readyz").status_code == 200

        wait_until(lambda: children(service, TRAINER) not in ([], [first]), 30)
        wait_until(record.trainings.has_trainer, 60)
    finally:
        record.connection.close()
        record.rq_connection.close()
        service.kill_group()


def test_it_can_be_left_out(tmp_path: Path):
    service = start_service(tmp_path, MODERATION_TRAINER="off")
    try:
        assert children(service, "-m moderation api")
        assert not children(service, TRAINER)
    finally:
        service.kill_group()
