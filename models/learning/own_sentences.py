"""Sentences of our own writing, for what no file of labelled comments teaches.

Owns what they teach and how templates (`phrases`) are filled: that a link is no evidence of
spam, what is sold in spam and how it flatters, that "subscribe" and "free" have ordinary
uses, that saying who one is is no attack, what contempt for people sounds like without a
rude word, what denying it sounds like, and that things may be hated. Links lead to hosts
that are reserved for examples (RFC 2606), or to videos that do not exist, and stand in
harmless sentences and in copies of real spam alike.

The sentences that `tests/models` holds the release to are not among these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.categories import IDENTITY_ATTACK, SPAM, TOXICITY
from models.learning import phrases

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: A link in a normalised text.
LINK = re.compile(r"(?:https?:/*|www\.)\S+")


@dataclass(frozen=True)
class Lesson:
    """Sentences made of templates, how many, what they are and what each counts."""

    templates: Sequence[str]
    labels: Mapping[str, int]
    count: int
    weight: float = 1.0


#: Chosen by the figures in `docs/experiments.md`. Identity terms count little for identity
#: attacks, where the real ones are few.
LESSONS = (
    Lesson(phrases.LINK_SENTENCES, {SPAM: 0}, count=1500),
    Lesson(phrases.VIDEO_SENTENCES, {SPAM: 0}, count=150),
    Lesson(phrases.ORDINARY_SENTENCES, {SPAM: 0}, count=500),
    Lesson(phrases.PRAISE_SENTENCES, {SPAM: 0}, count=200),
    Lesson(phrases.SPAM_SENTENCES, {SPAM: 1}, count=400, weight=0.5),
    Lesson(phrases.FLATTERY_SENTENCES, {SPAM: 1}, count=400, weight=0.5),
    Lesson(phrases.IDENTITY_SENTENCES, {TOXICITY: 0}, count=3000, weight=2.0),
    Lesson(phrases.IDENTITY_SENTENCES, {IDENTITY_ATTACK: 0, SPAM: 0}, count=3000, weight=0.3),
    Lesson(phrases.HATE_SENTENCES, {TOXICITY: 1}, count=6000),
    Lesson(phrases.HATE_SENTENCES, {IDENTITY_ATTACK: 1}, count=1000, weight=0.3),
    Lesson(phrases.COUNTER_SENTENCES, {TOXICITY: 0}, count=6000),
    Lesson(phrases.COUNTER_SENTENCES, {IDENTITY_ATTACK: 0}, count=1000, weight=0.3),
    Lesson(phrases.THING_SENTENCES, {TOXICITY: 0}, count=3000),
    Lesson(phrases.EXPULSIONS, {IDENTITY_ATTACK: 1}, count=180, weight=1.0),
    Lesson(phrases.RETURNS, {IDENTITY_ATTACK: 0, SPAM: 0}, count=180, weight=1.0),
)


@dataclass(frozen=True)
class Filling:
    """What a slot of a template may be filled with."""

    choices: Sequence[str]

    def __call__(self, rng: random.Random) -> str:
        """Return one of the choices."""
        return rng.choice(self.choices)


def made_up_link(rng: random.Random) -> str:
    """Return a link to a host that does not exist."""
    host = rng.choice(phrases.HOSTS)
    if host == "example" or rng.random() < 0.7:
        host = f"{rng.choice(phrases.SUBDOMAINS)}.{host}"
    path = "/".join(rng.choice(phrases.PATHS) for _ in range(rng.randrange(3)))
    if path and rng.random() < 0.2:
        path = f"{rng.randrange(1999, 2027)}/{rng.randrange(1, 13):02}/{path}"
    if path and rng.random() < 0.4:
        path += f"{rng.choice('/-')}{rng.randrange(1, 90_000)}"
    return f"{rng.choice(phrases.SCHEMES)}{host}{'/' if path else ''}{path}"


def made_up_video(rng: random.Random) -> str:
    """Return a link to a video that does not exist."""
    name = "".join(rng.choices("abcdefghkmnpqrstuvwxyz0123456789-", k=11))
    return rng.choice(
        (
            f"https://www.youtube.com/watch?v={name}",
            f"https://youtu.be/{name}",
            f"youtube.com/{name}",
        )
    )


def group(rng: random.Random) -> str:
    """Return people by what they are: `Muslims`, `gay people`."""
    term = rng.choice(phrases.TERMS)
    return rng.choice(
        (f"{term} {rng.choice(phrases.PEOPLE)}", phrases.PLURALS.get(term, f"{term} people"))
    )


SLOTS: dict[str, Callable[[random.Random], str]] = {
    "link": made_up_link,
    "video": made_up_video,
    "them": group,
    "praise": Filling(phrases.PRAISES),
    "plug": lambda rng: fill(rng.choice(phrases.PLUGS), rng),
    "blog": Filling(phrases.BLOGS),
    "hate": Filling(phrases.HATE),
    "hates": lambda rng: f"{rng.choice(phrases.HATE)}s",
    "vermin": Filling(phrases.VERMIN),
    "vile": Filling(phrases.VILE),
    "harmed": Filling(phrases.HARMED),
    "harm": Filling(phrases.HARM),
    "respect": Filling(phrases.RESPECTS),
    "things": Filling(phrases.THINGS),
    "scrapped": Filling(phrases.SCRAPPED),
    "topic": Filling(phrases.TOPICS),
    "goods": Filling(phrases.GOODS),
    "goods_of": Filling(("crypto", "bitcoin", "trade", "lucky", "pharma", "best")),
    "number": lambda rng: str(rng.randrange(2, 900)),
    "paper": Filling(phrases.PAPERS),
    "place": Filling(phrases.PLACES),
    "month": Filling(phrases.MONTHS),
    "term": Filling(phrases.TERMS),
    "a_term": lambda rng: _with_article(rng.choice(phrases.TERMS)),
    "person": Filling(phrases.PERSONS),
    "people": Filling(phrases.PEOPLE),
    "relative": Filling(phrases.RELATIVES),
    "your_country": Filling(("your own country", "whatever country you are from", "Africa")),
    "their_country": Filling(("their country", "their own countries", "where they came from")),
    "nobody": Filling(("nobody wants you here", "we do not want you", "you are not welcome")),
    "end": Filling((".", "!", "", "!!!")),
    "season": Filling(("summer", "winter", "Easter", "autumn")),
    "work": Filling(("work", "school", "the old timetable", "the first question", "trams")),
}
SLOT = re.compile(r"\{(\w+)\}")


def sentences(templates: Sequence[str], rng: random.Random, *, count: int) -> Iterator[str]:
    """Yield `count` sentences, every template equally often, slots filled at random."""
    for number in range(count):
        yield fill(templates[number % len(templates)], rng)


def fill(template: str, rng: random.Random) -> str:
    """Return a template, its slots filled at random."""
    return SLOT.sub(lambda slot: SLOTS[slot[1]](rng), template)


def with_link(text: str, rng: random.Random) -> str:
    """Return a normalised text with made-up links for its own, or with one added."""
    replaced, found = LINK.subn(lambda _link: made_up_link(rng), text)
    if found:
        return replaced
    link = made_up_link(rng)
    return rng.choice((f"{text} {link}", f"{text}: {link}", f"{link} {text}"))


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIOaeio' else 'a'} {noun}"
