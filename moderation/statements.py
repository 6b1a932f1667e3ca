"""What a rejected comment is rejected for, in words for its author.

The statement names what Article 17(3) of the EU's Digital Services Act asks for: what was
restricted and why, that a machine found it and a person decided, the ground, and the way to
have it looked at again. A site passes it on to the author, or writes its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moderation.domain import ReasonCode, Violation

#: Code → (what moderators read, what the author reads after "because").
_WORDS: Mapping[Violation, tuple[str, str]] = {
    Violation.OFFENSIVE: ("Offensive language", "it uses offensive language"),
    Violation.ABUSIVE: ("Abuse", "it attacks or insults somebody"),
    Violation.SPAM: ("Spam", "it is advertising or was posted again and again"),
    Violation.ILLEGAL_CONTENT: ("Illegal content", "its content appears to be illegal"),
    Violation.HARASSMENT_BULLYING: (
        "Harassment or bullying",
        "it harasses, bullies or threatens somebody",
    ),
    Violation.HATE_SPEECH: (
        "Hate speech",
        "it attacks people for what they are or believe",
    ),
    Violation.MISINFORMATION: ("Misinformation", "it spreads false information"),
    Violation.IRRELEVANT_CONTENT: (
        "Off topic",
        "it has nothing to do with the article",
    ),
    Violation.OTHER: ("Other", "it does not keep to the rules of this site"),
}
#: What a category of the classifier, or a rule, suggests.
_BY_CATEGORY: Mapping[str, Violation] = {
    "identity_attack": Violation.HATE_SPEECH,
    "threat": Violation.HARASSMENT_BULLYING,
    "insult": Violation.ABUSIVE,
    "severe_toxicity": Violation.ABUSIVE,
    "toxicity": Violation.ABUSIVE,
    "obscene": Violation.OFFENSIVE,
    "spam": Violation.SPAM,
}
_BY_RULE: Mapping[str, Violation] = {
    ReasonCode.BANNED_WORD: Violation.OFFENSIVE,
    ReasonCode.SUSPECT_WORD: Violation.OFFENSIVE,
    ReasonCode.LINKS: Violation.SPAM,
    ReasonCode.FLOOD: Violation.SPAM,
    ReasonCode.DUPLICATE: Violation.SPAM,
}


def label(violation: Violation) -> str:
    """A violation in a moderator's words."""
    return _WORDS[violation][0]


def statement(violation: Violation, *, found_by_machine: bool) -> str:
    """A statement of reasons for the author."""
    found = "was held by an automatic check and " if found_by_machine else "was "
    ground = (
        "the law"
        if violation is Violation.ILLEGAL_CONTENT
        else "this site's rules for comments"
    )
    return (
        f"Your comment is not published because {_WORDS[violation][1]}. It {found}"
        f"read by a moderator, who decided this on the ground of {ground}. If you think that "
        "this is a mistake, ask the site to look at it again."
    )


def suggested(reasons: Iterable[Mapping[str, Any]]) -> Violation:
    """The violation that the reasons of a hold speak for, the most specific first.

    Args:
        reasons: as the contract writes them on a decision.
    """
    fired = {str(reason.get("category", "")) for reason in reasons}
    codes = {str(reason["code"]) for reason in reasons}
    for table, found in ((_BY_CATEGORY, fired), (_BY_RULE, codes)):
        for name, violation in table.items():
            if name in found:
                return violation
    return Violation.OTHER
