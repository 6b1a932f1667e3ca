"""Ready-made comments, one click each, so that a newcomer sees every outcome.

Each is an opening and an ending, so that there are many: the site's policy holds a text that
several people post word for word.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class Example:
    """One button, and what its comments are made of."""

    kind: str
    label: str
    openings: tuple[str, ...]
    endings: tuple[str, ...]

    def texts(self) -> list[str]:
        """Every comment of this kind."""
        return [" ".join(parts) for parts in product(self.openings, self.endings)]


EXAMPLES = (
    Example(
        "kind",
        "A kind comment",
        (
            "What a lovely idea.",
            "This made my morning.",
            "I am so glad that the council voted for it.",
            "Thank you for writing about this.",
            "I work shifts, so this is the first library I can really use.",
            "My daughter finished her first long book there.",
        ),
        (
            "The whole square feels warmer at night.",
            "I will bring some tea for the corner.",
            "Please keep it open after spring, too.",
            "The librarians are wonderful people.",
            "See you there on Thursday!",
            "Our town should be proud of it.",
        ),
    ),
    Example(
        "rude",
        "A rude one",
        ("You are a silly fool", "You must be an idiot", "What a clown you are"),
        (
            "and this is a stupid idea.",
            "and your article is stupid.",
            "to like something so dumb.",
        ),
    ),
    Example(
        "spam",
        "Spam",
        (
            "Earn $900 a day from home!!!",
            "BUY cheap watches, 90% off!!!",
            "You won a FREE prize!!!",
        ),
        (
            "Click here for FREE money: http://quick-cash.example",
            "Order here and win FREE money: http://easy-money.example",
            "Claim it today: http://lucky-winner.example",
        ),
    ),
    Example(
        "evasive",
        "An evasive spelling",
        ("You are such an 1d1ot", "What an i.d.i.o.t you are", "You id!ot"),
        ("and this is a st*pid article.", "with your stup1d library.", "and a f00l as well."),
    ),
)


def text_of(kind: str, already_posted: frozenset[str]) -> str | None:
    """A text of a kind, one that was not posted yet if there is one; `None`: no such kind."""
    for example in EXAMPLES:
        if example.kind == kind:
            texts = example.texts()
            fresh = [text for text in texts if text not in already_posted]
            return random.choice(fresh or texts)  # noqa: S311 - nothing secret in it
    return None
