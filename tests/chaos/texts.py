"""Texts to post: real comments where there are any, harmless ones otherwise. Never shown."""

from __future__ import annotations

import csv
import lzma
from pathlib import Path

#: Of the labelled files those that are comments on articles, fine and bad ones.
FILES = ("news_ucc.csv.xz", "news_fox.csv.xz", "jigsaw_test_a.csv.xz")
MADE = (
    "Thank you for this thoughtful article on the opening hours of the library",
    "The old bridge opens again in the spring, and the ferry stops then",
    "You are a stupid idiot, shut up",
    "I do not agree, the figures of last year say something else",
)
LONGEST = 2_000


def texts(data: Path | None) -> tuple[str, ...]:
    """The texts of the labelled files in a folder, or made ones if it is not there."""
    if data is None or not all((data / name).exists() for name in FILES):
        return MADE
    return tuple(text for name in FILES for text in _column(data / name))


def _column(path: Path) -> list[str]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        return [row["text"][:LONGEST] for row in csv.DictReader(file)]
