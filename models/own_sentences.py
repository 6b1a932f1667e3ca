"""Sentences of our own writing, for what no file of labelled comments teaches.

Owns the templates and what fills them: that a link is no evidence of spam, what is sold in
spam, that "subscribe" and "free" have ordinary uses, that saying who one is is no attack,
and what "go back to your country" means. Links lead to hosts that are reserved for examples
(RFC 2606) and stand in harmless sentences and in copies of real spam alike.

The sentences that `tests/models` holds the release to are not among these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.categories import IDENTITY_ATTACK, SPAM, TOXICITY

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: A link in a normalised text.
LINK = re.compile(r"(?:https?:/*|www\.)\S+")

SCHEMES = ("http://", "http://www.", "https://", "https://www.", "www.")
HOSTS = ("example.org", "example.com", "example.net", "example")
SUBDOMAINS = str.split(
    "archive atlas blog city council data docs en forum garden herald history journal library"
    " maps museum news paper park press radio report school science shop stats times town"
    " tribune uni video weather wiki win free cash prize deals money click best-offers"
)
PATHS = str.split(
    "about article budget census chapter climate election figures health history housing"
    " index.html libraries map minutes news page paper.pdf post research schools story table"
    " timetable traffic trams uk-politics water watch?v= wiki"
)

LINK_SENTENCES = (
    "See {link} for the numbers.",
    "See {link} for the {topic}.",
    "More on {topic} at {link}",
    "More about this: {link}",
    "Source: {link}",
    "My source for {topic} is {link}",
    "Sources: {link} and {link}",
    "{link} has the details on {topic}.",
    "{link} explains {topic} well, worth reading.",
    "I read about {topic} on {link} yesterday.",
    "The paper on {topic} is here: {link}",
    "As reported by {link} last week, {topic} changed.",
    "Reported on {link} in May, and it was known before.",
    "This was in the news: {link}",
    "According to {link}, {topic} cost less than planned.",
    "Great article, thank you! There is a map of {topic} at {link}",
    "Please correct the link to {link}, it is broken.",
    "Does anyone have a better link than {link} on {topic}?",
    "The council published {topic} at {link} in May.",
    "You can find {topic} under {link}, page {number}.",
    "I disagree, have a look at {link} first.",
    "Quote from {link}: {topic} will take {number} years.",
    "Check {link} before you write about {topic}.",
    "{link}",
)
TOPICS = (
    "the budget",
    "the census",
    "the old bridge",
    "the new timetable",
    "rents in the north",
    "the history of the tram",
    "water prices",
    "the vote",
    "the court's decision",
    "vaccines",
    "the school reform",
    "the library's opening hours",
    "air quality",
    "the minutes of the meeting",
    "that study",
    "the election results",
)

#: Advertisements that nobody asked for, on what the spam that we have is silent about.
SPAM_SENTENCES = (
    "Buy {goods} at {link}",
    "Buy {goods} today, best price, {link}",
    "Cheap {goods}, order now at {link}",
    "Cheap {goods}! Order now: {link}",
    "{goods} for sale, lowest price, visit {link}",
    "Need {goods}? Contact us on WhatsApp +{number} {number}",
    "Get {goods} without any risk, click {link}",
    "Best {goods} online, {number}% discount, limited offer {link}",
    "Original {goods}, free shipping, message me on Telegram @{goods_of}shop",
    "I earned ${number} with {goods}, ask me how: {link}",
    "I make ${number} every week from my sofa, details at {link}",
    "Make ${number} a day online, no experience needed, {link}",
    "Guaranteed profit with {goods}, write to me on WhatsApp",
    "Double your money with {goods}, join our group {link}",
    "Lost your money? This hacker got mine back, contact him at {link}",
    "Dr {goods_of} cured my husband with herbs, email him today",
    "Lonely girls near you want to chat, visit {link}",
    "This one trick burns belly fat, doctors hate it: {link}",
    "Instant loans up to ${number}, no credit check, apply at {link}",
    "Congratulations, you are our winner number {number}, collect your prize at {link}",
)
GOODS = (
    "followers",
    "likes and views",
    "real reviews",
    "viagra",
    "pills",
    "diet pills",
    "replica watches",
    "designer bags",
    "sneakers",
    "bitcoin",
    "crypto signals",
    "forex trading",
    "casino bonuses",
    "essays",
    "diplomas",
    "gift cards",
    "loans",
    "web traffic",
    "SEO services",
    "phone unlocks",
)

#: Ordinary uses of words that spam is full of.
ORDINARY_SENTENCES = (
    "I subscribe to {paper} and read it on the train.",
    "I would like to subscribe to {paper}, how does that work?",
    "My subscription to {paper} ended in {month}.",
    "Please send me {paper}, I subscribed in {month}.",
    "Thanks to everyone who subscribed to {paper}.",
    "Where do I sign up for {paper}?",
    "There should be a channel where {place} can be told what is wrong.",
    "Is the channel of {place} still open for questions?",
    "Which channel will show the debate in {month}?",
    "The channel between the islands was closed in {month}.",
    "Entry to {place} is free on Sundays.",
    "Is {place} free for children in {month}?",
    "Click on the second picture to see {place}.",
    "I won a prize at {place} when I was ten.",
    "The prize went to a writer from {place}.",
    "I work from home and walk to {place} at noon.",
    "We earn less than they do at {place}.",
    "Call {place} on {number} to book a table.",
    "My phone rang in the middle of {place}.",
    "Does {place} offer cheap tickets in {month}?",
    "They offer free coffee in {place}.",
    "The video of {place} does not play on my phone.",
    "Money for {place} runs out in {month}.",
    "We buy our bread and cheap apples at {place}.",
    "The price of {goods} went up again in {month}.",
    "I read that {goods} were banned in {month}, is that so?",
    "Police at {place} warned of {goods} from the internet.",
    "Please check the date, {place} opened in {month}.",
)
PAPERS = (
    "the paper",
    "the Herald",
    "your letters page",
    "the weekly edition",
    "a magazine",
    "your letter",
    "their newsletter",
    "the news by mail",
)
PLACES = (
    "the museum",
    "the swimming pool",
    "the town hall",
    "the school fair",
    "the new library",
    "the station",
    "the theatre",
    "the market",
)
MONTHS = ("March", "May", "June", "September", "November")

IDENTITY_SENTENCES = (
    "I am {a_term} {person}.",
    "I am {a_term} {person} and I like living here.",
    "As {a_term} {person} I found this article helpful.",
    "As a proud {term} {person} I thank the author.",
    "She is {a_term} {person} from our town.",
    "My {relative} is {a_term} {person}.",
    "My {term} {relative} moved to the coast in spring.",
    "My {term} {relative} got engaged on Sunday.",
    "Our {term} neighbours invited us to dinner.",
    "The {term} {person} next door helped us.",
    "Many {term} {people} live in this street.",
    "{term} {people} are rarely heard in this debate.",
    "{term} {people} are missing from parliament and the boards.",
    "{term} {people} have the same rights as everybody else.",
    "{term} {people} worked in the mills here for decades.",
    "The film is about {term} {people} in the seventies.",
    "The study asked {number} {term} {people} about their health.",
    "We need more {term} {people} in the council.",
    "Support for {term} {people} is part of the budget.",
    "The rights of {term} {people} were debated in parliament.",
)
TERMS = tuple(
    map(
        str.strip,
        [
            "Muslim",
            " Jewish",
            " Christian",
            " Catholic",
            " Protestant",
            " Hindu",
            " Buddhist",
            " Sikh",
            " atheist",
            " gay",
            " lesbian",
            " bisexual",
            " transgender",
            " trans",
            " queer",
            " straight",
            " homosexual",
            " black",
            " Black",
            " white",
            " Asian",
            " African American",
            " African",
            " Latino",
            " Hispanic",
            " Mexican",
            " Chinese",
            " Indian",
            " Pakistani",
            " Arab",
            " Irish",
            " Polish",
            " Turkish",
            " Russian",
            " American",
            " German",
            " Native American",
            " Indigenous",
            " Roma",
            " migrant",
            " immigrant",
            " refugee",
            " deaf",
            " blind",
            " disabled",
            " autistic",
            " elderly",
            " young",
            " old",
            " feminist",
            " female",
            " male",
        ],
    )
)
PERSONS = str.split(
    "man woman person student teacher nurse doctor lawyer writer engineer mother father"
)
PEOPLE = str.split(
    "people women men students teachers nurses families workers voters writers children couples"
)
RELATIVES = str.split("sister cousin uncle aunt friend colleague daughter son boss flatmate")

#: Contempt without a rude word, and the same words without contempt.
EXPULSIONS = (
    "Go back to {your_country}{end}",
    "Go back to {your_country}, {nobody}{end}",
    "Why don't you go back to {your_country}{end}",
    "Just go back where you came from{end}",
    "You should all go back where you came from, {nobody}{end}",
    "They should be sent back to {their_country}, {nobody}{end}",
    "Get out of our country, {nobody}{end}",
    "You do not belong here, go home{end}",
    "You people do not belong in this country, {nobody}{end}",
)
RETURNS = (
    "I go back to my own country every {season}{end}",
    "We went back to the country where I was born{end}",
    "I will go back to {work} in {month}{end}",
    "Let us go back to {work}{end}",
    "Can we go back to {work}, please?",
    "They came from the same country as we did{end}",
    "Our country should bring back {work}{end}",
    "In your country they have {work}, as far as I know{end}",
    "She goes back home to her country in {month}{end}",
)


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
    Lesson(LINK_SENTENCES, {SPAM: 0}, count=1500),
    Lesson(ORDINARY_SENTENCES, {SPAM: 0}, count=400),
    Lesson(SPAM_SENTENCES, {SPAM: 1}, count=400, weight=0.5),
    Lesson(IDENTITY_SENTENCES, {TOXICITY: 0}, count=3000, weight=2.0),
    Lesson(IDENTITY_SENTENCES, {IDENTITY_ATTACK: 0, SPAM: 0}, count=3000, weight=0.3),
    Lesson(EXPULSIONS, {IDENTITY_ATTACK: 1}, count=120, weight=0.7),
    Lesson(RETURNS, {IDENTITY_ATTACK: 0, SPAM: 0}, count=120, weight=0.7),
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
    host = rng.choice(HOSTS)
    if host == "example" or rng.random() < 0.7:
        host = f"{rng.choice(SUBDOMAINS)}.{host}"
    path = "/".join(rng.choice(PATHS) for _ in range(rng.randrange(3)))
    if path and rng.random() < 0.2:
        path = f"{rng.randrange(1999, 2027)}/{rng.randrange(1, 13):02}/{path}"
    if path and rng.random() < 0.4:
        path += f"{rng.choice('/-')}{rng.randrange(1, 90_000)}"
    return f"{rng.choice(SCHEMES)}{host}{'/' if path else ''}{path}"


SLOTS: dict[str, Callable[[random.Random], str]] = {
    "link": made_up_link,
    "topic": Filling(TOPICS),
    "goods": Filling(GOODS),
    "goods_of": Filling(("crypto", "bitcoin", "trade", "lucky", "pharma", "best")),
    "number": lambda rng: str(rng.randrange(2, 900)),
    "paper": Filling(PAPERS),
    "place": Filling(PLACES),
    "month": Filling(MONTHS),
    "term": Filling(TERMS),
    "a_term": lambda rng: _with_article(rng.choice(TERMS)),
    "person": Filling(PERSONS),
    "people": Filling(PEOPLE),
    "relative": Filling(RELATIVES),
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
        template = templates[number % len(templates)]
        yield SLOT.sub(lambda slot: SLOTS[slot[1]](rng), template)


def with_link(text: str, rng: random.Random) -> str:
    """Return a normalised text with made-up links for its own, or with one added."""
    replaced, found = LINK.subn(lambda _link: made_up_link(rng), text)
    if found:
        return replaced
    link = made_up_link(rng)
    return rng.choice((f"{text} {link}", f"{text}: {link}", f"{link} {text}"))


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIOaeio' else 'a'} {noun}"
