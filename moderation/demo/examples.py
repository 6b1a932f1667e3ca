"""Ready-made comments, one click each, so that a newcomer sees every outcome."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One button: a kind of comment and some texts of it, posted in turn."""

    kind: str
    label: str
    texts: tuple[str, ...]


EXAMPLES = (
    Example(
        "kind",
        "A kind comment",
        (
            "What a lovely idea. The whole square felt warmer when I walked past last night.",
            "My daughter finished her first long book there. Thank you to all who stay late.",
            "I work shifts, so this is the first library I can actually use. It means a lot.",
        ),
    ),
    Example(
        "rude",
        "A rude one",
        (
            "You are a silly fool and this is a stupid idea.",
            "What an idiot. Only a fool would write something this dumb.",
            "Shut up, you stupid clown. Nobody wants to read your garbage.",
        ),
    ),
    Example(
        "spam",
        "Spam",
        (
            "Earn $900 a day from home!!! Click here for FREE money: http://quick-cash.example",
            "BUY cheap watches now, 90% discount!!! Visit http://best-deals.example today",
            "Congratulations, you have won a FREE prize! Claim it: http://lucky-winner.example",
        ),
    ),
    Example(
        "evasive",
        "An evasive spelling",
        (
            "You are such an 1d1ot and this is a st*pid article.",
            "What an i.d.i.o.t. Honestly, you stuuupid f00l.",
            "Only a m0r0n would like this, you id!ot.",
        ),
    ),
)


def text_of(kind: str, already_posted: frozenset[str]) -> str | None:
    """A text of a kind, one that was not posted yet if there is one; `None`: no such kind."""
    for example in EXAMPLES:
        if example.kind == kind:
            fresh = (text for text in example.texts if text not in already_posted)
            return next(fresh, example.texts[0])
    return None
