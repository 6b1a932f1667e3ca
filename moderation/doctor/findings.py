"""What a check finds: that something is well, doubtful or wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    WELL = "well"
    DOUBTFUL = "doubtful"
    """It works; it costs something, or may not be meant."""
    WRONG = "wrong"
    """Comments are lost, let in or left waiting, now or sooner or later."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        level: how bad.
        subject: what was looked at.
        says: what was seen.
        cure: what to do, "" where all is well.
    """

    level: Level
    subject: str
    says: str
    cure: str = ""


def well(subject: str, says: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.WELL, subject, says)


def doubtful(subject: str, says: str, cure: str) -> Finding:
    """Worth a look."""
    return Finding(Level.DOUBTFUL, subject, says, cure)


def wrong(subject: str, says: str, cure: str) -> Finding:
    """To be mended."""
    return Finding(Level.WRONG, subject, says, cure)
