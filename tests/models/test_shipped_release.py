"""The shipped release on plain cases. Mild wording: this file is public."""

from __future__ import annotations

import pytest

from models.release import Release, load, shipped

MAX_FOLDER_BYTES = 10_000_000

HARMLESS = (
    "Thank you for this thoughtful article",
    "I disagree with the author's view on taxes",
    "What time does the council meet?",
    "The bridge was closed for three weeks last summer.",
    "Could the author name a source for the second figure?",
    "My train was late again, and nobody told us why.",
)
ABUSIVE = (
    "You are a complete idiot",
    "you stupid moron",
    "shut up you fool",
    "I will kill you",
    "y0u 1d10t",
    "You are an i d i o t",
    "you are an iiiidiot",
    "You are an id\u0456ot",
)
SPAM = ("WIN a FREE iPhone now!!! click here http://bit.ly/x",)


@pytest.fixture(scope="module")
def release() -> Release:
    return load(shipped())


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_comments_are_approved(release: Release, text: str) -> None:
    (scored,) = release.score([text])

    assert not release.holds(scored.scores)
    assert release.explain([text]) == [[]]


@pytest.mark.parametrize("text", [*ABUSIVE, *SPAM])
def test_abuse_and_spam_are_held_and_explained(release: Release, text: str) -> None:
    (scored,) = release.score([text])

    assert release.holds(scored.scores)
    assert release.explain([text])[0]


def test_spam_is_held_as_spam(release: Release) -> None:
    (scored,) = release.score(SPAM)

    assert scored.scores["spam"] >= release.thresholds["spam"]
    assert scored.scores["toxicity"] < release.thresholds["toxicity"]


def test_the_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in shipped().iterdir()) <= MAX_FOLDER_BYTES
