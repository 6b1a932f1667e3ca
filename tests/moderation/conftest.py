"""What tests of the record and of its commands begin with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moderation.record import Record
from tests.moderation.record.breaks import live


@pytest.fixture
def lived(record: Record, decide_all: Callable[[], None]) -> Record:
    """A record of six comments with something in each index."""
    live(record, decide_all)
    return record
