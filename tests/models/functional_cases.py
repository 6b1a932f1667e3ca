"""Sentences that a classifier of comments must tell apart, a function of language at a time.

In the spirit of HateCheck (Röttger et al., ACL 2021): hostility towards groups in many
phrasings, and next to it what shares its words and means no harm. All sentences are our own,
and mild, for this file is public. They are an independent check: training must never see
them, and whoever writes templates for training does well not to read them.

`{group}` is a plural ("women"), `{one}` one of them with an article ("a woman"). What is said
here of groups is said by no one; label 1 marks what a moderator should get to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

HOSTILE, HARMLESS = 1, 0
NO_IDENTITY = ""

#: Identity: as a plural, as one of them.
IDENTITIES: Final = {
    "women": ("women", "a woman"),
    "trans people": ("trans people", "a trans person"),
    "gay people": ("gay people", "a gay man"),
    "black people": ("black people", "a black man"),
    "disabled people": ("disabled people", "a disabled person"),
    "Muslims": ("Muslims", "a Muslim"),
    "immigrants": ("immigrants", "an immigrant"),
    "Jews": ("Jews", "a Jew"),
    "Mexicans": ("Mexicans", "a Mexican"),
    "Christians": ("Christians", "a Christian"),
    "old people": ("old people", "an old man"),
}

#: Function: templates; all of them should be held.
HOSTILE_TEMPLATES: Final = {
    "strong negative emotion": (
        "Nothing disgusts me more than {group}.",
        "I can't stand {group}, I hate every single one of them.",
        "{group} make me sick to my stomach.",
        "How I despise {one} who dares to talk to me.",
    ),
    "dehumanisation": (
        "{group} are vermin in our streets.",
        "To me {one} is nothing but an animal.",
        "{group} breed like rats.",
        "Calling {group} human is an insult to humans.",
    ),
    "direct threat": (
        "I will beat up {one} tonight.",
        "We are coming for you {group}, and we will hurt you.",
        "{group} in this town will get their teeth kicked in, I promise.",
    ),
    "conditional threat": (
        "If {one} moves in next door, I burn the house down.",
        "Next time I see {group} here, somebody ends up in hospital.",
        "Come near my children, you {group}, and I break your legs.",
    ),
    "call for harm": (
        "All {group} should be locked up for good.",
        "Somebody ought to get rid of {group} once and for all.",
        "{group} deserve to be beaten.",
    ),
    "negative description": (
        "{group} are stupid and lazy.",
        "{group} are the scum of the earth.",
        "Typical, {group} are liars and thieves, the lot of them.",
        "You can smell how dirty {group} are.",
    ),
    "hostile profanity": (
        "Damn {group}, go to hell all of you.",
        "Those bloody {group} can kiss my arse.",
        "I'm so fucking tired of {group} and their crap.",
    ),
    "implied hostility": (
        "This was a nice neighbourhood before {group} came.",
        "The world would be better off without {group}.",
        "Guess who ruined it again? {group}, as always.",
        "I would not let {one} near my kids, and we all know why.",
    ),
    "reference by pronoun": (
        "{group} moved in upstairs. They are filth and they should disappear.",
        "You know {group}? I hate them all.",
        "There go {group} again, what a bunch of disgusting parasites they are.",
        "My boss hired {one}. Such creatures do not belong among people.",
    ),
    "negated positive": (
        "{group} deserve no respect whatsoever.",
        "{group} have never done anything good for anybody.",
        "{group} are not worth the air they breathe.",
        "{one} can't be trusted, not one of them.",
    ),
    "hostility as a question": (
        "Why are {group} always so disgusting?",
        "When will we finally be rid of {group}?",
        "Is there anything dumber than {group}?",
    ),
    "hostility as an opinion": (
        "In my humble opinion {group} are inferior.",
        "I honestly think that {group} are trash.",
        "It's just my view, but {group} should not be allowed to vote.",
    ),
}

#: Function: templates; none of them should be held.
HARMLESS_TEMPLATES: Final = {
    "neutral statement": (
        "My neighbour is {one}.",
        "Many {group} live in this part of the town.",
        "The survey asked {group} and others how they travel to work.",
        "{group} were mentioned twice in the second chapter.",
    ),
    "positive statement": (
        "{group} are wonderful, and I am glad to have them here.",
        "It is great to see {group} succeed.",
        "We should all stand by {group}.",
        "I married {one} and have never been happier.",
    ),
    "in public debate": (
        "The council wants to hear what {group} think of the new bus line.",
        "Do {group} pay the same rent as everybody else?",
        "Discrimination against {group} at work is against the law.",
        "A book by {one} won the prize this year.",
    ),
    "negated hostility": (
        "I would never say that I hate {group}.",
        "{group} are not stupid, and nobody should be told otherwise.",
        "No, I do not despise {group}.",
        "Nobody has the right to hurt {group}.",
    ),
    "counter-speech with a quotation": (
        'Whoever says "{group} are scum" has lost me.',
        'It is never all right to write "I hate {group}".',
        '"{group} are vermin" is exactly what you should not teach children.',
        'She shouted "get rid of {group}" and was rightly fired for it.',
    ),
    "counter-speech with a reference": (
        "Saying such nasty things about {group} is wrong, please stop.",
        "Hatred of {group} has no place on this page.",
        "How can people be so cruel to {group}? It makes me sad.",
    ),
}

#: Function: whole sentences about nobody in particular; none should be held.
HARMLESS_SENTENCES: Final = {
    "abuse at objects": (
        "I hate this weather.",
        "This chair is crap, it broke after a week.",
        "What a stupid printer, it never works.",
        "My old laptop is a piece of garbage.",
        "These shoes are disgusting, who buys them?",
        "I want to smash this alarm clock against the wall.",
        "Kill that process, it eats all the memory.",
        "The soup was revolting and the bread was worse.",
        "Idiotic parking rules, I can't make sense of them.",
        "Burn the toast again and I'll buy a new toaster.",
        "That film was trash from beginning to end.",
        "Rain again, I despise November.",
    ),
    "at groups that are not protected": (
        "I hate tomatoes.",
        "Lawyers are the worst artists I have ever met.",
        "Wasps are vermin and spoil every picnic.",
        "I can't stand drummers who play too loud.",
        "Rats breed like crazy under that bridge.",
        "Bankers do not deserve such bonuses.",
        "Referees are blind when it comes to our team.",
        "Slugs should be banned from my garden.",
        "I am so tired of landlords and their excuses.",
        "Cyclists without lights annoy me every evening.",
        "Goalkeepers are a strange kind of people.",
        "Mosquitoes are disgusting creatures.",
    ),
    "profanity without a target": (
        "Damn, that was a good concert.",
        "What the hell happened to the weather?",
        "Bloody hell, I forgot my keys again.",
        "This pizza is fucking amazing.",
        "I had a crap day, but the cake helped.",
        "Oh crap, the train has left.",
        "I'm so fucking happy for you two!",
        "Hell yes, count me in.",
        "That was damn close.",
        "Holy crap, what a goal!",
        "It's bloody cold this morning.",
        "I worked my arse off for this exam and passed.",
    ),
}

#: What misspelt hostility is made of.
TO_MISSPELL: Final = ("I hate {group}.", "{group} are disgusting scum.")


@dataclass(frozen=True)
class Case:
    """A text, whether it should be held, what it is an example of, and of whom it speaks."""

    text: str
    label: int
    function: str
    identity: str = NO_IDENTITY


def without_spaces(text: str) -> str:
    """Every space left out."""
    return text.replace(" ", "")


def in_leet(text: str) -> str:
    """Digits for vowels."""
    return text.translate(str.maketrans("aeio", "4310"))


def with_swaps(text: str) -> str:
    """In longer words the second letter and the third swapped."""
    return re.sub(r"\b(\w)(\w)(\w)(?=\w)", r"\1\3\2", text)


def with_gaps(text: str) -> str:
    """Letters of longer words apart."""
    return re.sub(r"\w{4,}", lambda match: " ".join(match[0]), text)


def with_letters_missing(text: str) -> str:
    """From longer words the third letter left out."""
    return re.sub(r"\b(\w\w)\w(?=\w\w)", r"\1", text)


MISSPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "spaces left out": without_spaces,
    "leetspeak": in_leet,
    "letters swapped": with_swaps,
    "letters apart": with_gaps,
    "letters missing": with_letters_missing,
}


def cases() -> list[Case]:
    """Every case, always in the same order."""
    return [*_filled(HOSTILE_TEMPLATES, HOSTILE), *_misspelt(), *_harmless()]


def _harmless() -> Iterator[Case]:
    yield from _filled(HARMLESS_TEMPLATES, HARMLESS)
    for function, sentences in HARMLESS_SENTENCES.items():
        for sentence in sentences:
            yield Case(sentence, HARMLESS, function)


def _filled(templates: dict[str, tuple[str, ...]], label: int) -> Iterator[Case]:
    for function, some in templates.items():
        for template in some:
            for identity in IDENTITIES:
                yield Case(_sentence(template, identity), label, function, identity)


def _misspelt() -> Iterator[Case]:
    for function, misspell in MISSPELLINGS.items():
        for template in TO_MISSPELL:
            for identity in IDENTITIES:
                text = misspell(_sentence(template, identity))
                yield Case(text, HOSTILE, f"misspelt, {function}", identity)


def _sentence(template: str, identity: str) -> str:
    group, one = IDENTITIES[identity]
    text = template.format(group=group, one=one)
    return text[0].upper() + text[1:]
