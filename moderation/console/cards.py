"""A comment as the console shows it: hostile text made safe, figures made words."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from moderation import hostile, statements
from moderation.bars import Bar, bars
from moderation.desk import chain
from moderation.desk.cases import Case
from moderation.desk.thresholds import deciding
from moderation.desk.why import why
from moderation.domain import Action, Comment, Source, Violation
from moderation.evidence import spans_of, telling
from moderation.marks import Kind, Mark, Piece, list_marks, score_marks
from moderation.policy import effective_thresholds
from moderation.record import Record
from moderation.wording import DONE

#: A page of a list shows so many.
PAGE_CARDS = 15
NAME_CHARACTERS = 60
TITLE_CHARACTERS = 120
#: What a list shows of a text; the comment's own page shows all of it.
TEXT_CHARACTERS = 1_500
#: What is shown of a comment that another one answers, or of one that is decided.
EXCERPT_CHARACTERS = 240
NAMELESS = "Unnamed"
#: Room for comment ids in the address that asks for the marks.
MARKS_CHARACTERS = 3_000
#: Digit → what a comment is rejected for, as the keys choose it.
VIOLATIONS = tuple(
    (digit, violation.value, statements.label(violation))
    for digit, violation in enumerate(Violation, start=1)
)
_AGES = ((86_400 * 365, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a comment's timeline."""

    at: str
    who: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CardView:
    """One comment for a template."""

    case: Case
    pieces: list[Piece]
    bars: list[Bar]
    viewer: str

    violations = VIOLATIONS

    @property
    def id(self) -> str:
        """The comment's own id, any string."""
        return self.case.comment.id

    @property
    def anchor(self) -> str:
        """An id for the page."""
        return anchor(self.id)

    @property
    def url(self) -> str:
        """The comment's page, and what its forms begin with."""
        return comment_url(self.id)

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.case.comment.status.value

    @property
    def revision(self) -> int:
        """How many decisions it has."""
        return self.case.comment.revision

    @property
    def article_title(self) -> str:
        """The article's title, or its id."""
        title = hostile.one_line(self._article.get("title") or "", TITLE_CHARACTERS)
        return title or hostile.one_line(self.case.comment.article_id, TITLE_CHARACTERS)

    @property
    def article_url(self) -> str:
        """The article on the site; "" if it is not known."""
        url = str(self._article.get("url") or "")
        return url if url.lower().startswith(("https://", "http://")) else ""

    @property
    def article_page(self) -> str:
        """The article in the console."""
        return article_url(self.case.comment.article_id)

    @property
    def author_name(self) -> str:
        """What the author calls themselves."""
        return author_name(self.case.comment)

    @property
    def author_page(self) -> str:
        """The author in the console."""
        return author_url(str(self.case.comment.content["author"]["id"]))

    @property
    def author_history(self) -> str:
        """The author's record in a few words."""
        history = self.case.history
        parts = [
            f"{history.approved} approved",
            f"{history.rejected} rejected",
            f"since {_month(history.first_seen)}" if history.first_seen else "",
        ]
        return " · ".join(part for part in parts if part)

    @property
    def parent(self) -> tuple[str, str] | None:
        """Whom it answers, and what they said."""
        parent = self.case.dossier.parent
        return (author_name(parent), excerpt(parent)) if parent else None

    @property
    def why(self) -> str:
        """One sentence on why the machine or readers held it, or the machine approved it."""
        return hostile.one_line(self.case.why, 2_000)

    @property
    def was_approved(self) -> bool:
        """Whether `why` tells why it was approved."""
        return (self.case.machine or {}).get("action") == Action.APPROVE

    @property
    def model(self) -> str:
        """The release that scored it."""
        return str((self.case.machine or {}).get("model") or "")

    @property
    def language(self) -> str:
        """What it is written in, as far as that can be told."""
        return str((self.case.machine or {}).get("language") or "")

    @property
    def waiting(self) -> str:
        """How long it has been waiting; "" if it is not held."""
        waiting_s = self.case.waiting_s
        return "" if waiting_s is None else span(waiting_s)

    @property
    def waiting_since(self) -> str:
        """Since when it has been waiting."""
        return self.case.held_since or ""

    @property
    def reports(self) -> list[str]:
        """What readers reported it for."""
        return [hostile.one_line(reason, 300) for reason in self.case.dossier.reports]

    @property
    def claim(self) -> str:
        """Who looks at it, "Mia, 2 minutes"; "" for nobody."""
        claim = self.case.dossier.claim
        return f"{claim.moderator}, {span(claim.expires_in_s)}" if claim else ""

    @property
    def is_mine(self) -> bool:
        """Whether it is the viewer who looks at it."""
        claim = self.case.dossier.claim
        return claim is not None and claim.moderator == self.viewer

    @property
    def is_severe(self) -> bool:
        """Whether it is blurred until its reader wants to see it."""
        return self.case.is_severe

    @property
    def suggested(self) -> tuple[str, str]:
        """What it would most likely be rejected for: code and label."""
        violation = self.case.suggested
        return violation.value, statements.label(violation)

    @property
    def history(self) -> list[Happening]:
        """Its decisions, the newest first."""
        notes = self.case.dossier.notes
        return [
            Happening(
                at=decision["decided_at"],
                who=who_decided(decision),
                text=what_decided(decision),
                note=notes.get(decision["revision"], ""),
            )
            for decision in reversed(self.case.dossier.decisions)
        ]

    @property
    def _article(self) -> Mapping[str, Any]:
        return self.case.comment.content.get("article") or {}


class Cards:
    """Makes cards of cases, for one viewer of one site."""

    def __init__(self, record: Record, site: str, viewer: str) -> None:
        self._record = record
        self._site = site
        self._viewer = viewer

    def of(
        self, cases: Sequence[Case], *, with_evidence: bool = False, whole: bool = False
    ) -> list[CardView]:
        """The cards of some cases.

        Args:
            cases: the cases.
            with_evidence: also mark what raised the scores, which asks the workers.
            whole: show a text to its end, however long; else a page of them stays small.
        """
        if not cases:
            return []
        policy = self._record.policies.current(self._site).policy
        release = deciding(self._record, self._site)
        thresholds = effective_thresholds(policy, release.thresholds if release else {})
        words = (*policy.banned_words, *policy.suspect_words)
        evidence = self._evidence(cases) if with_evidence else [[] for _ in cases]
        return [
            CardView(
                case=case,
                pieces=_pieces(case.comment.content["text"], words, marks, whole=whole),
                bars=bars(case.machine, thresholds),
                viewer=self._viewer,
            )
            for case, marks in zip(cases, evidence, strict=True)
        ]

    def _evidence(self, cases: Sequence[Case]) -> list[list[Mark]]:
        texts = [case.comment.content["text"] for case in cases]
        found = spans_of(self._record.queue, self._site, texts)
        return [
            score_marks(telling(case.machine, spans))
            for case, spans in zip(cases, found, strict=True)
        ]


def _pieces(
    text: str, words: Sequence[str], marks: Sequence[Mark], *, whole: bool
) -> list[Piece]:
    if whole or len(text) <= TEXT_CHARACTERS:
        return hostile.pieces(text, [*list_marks(text, words), *marks])
    shown = text[:TEXT_CHARACTERS]
    inside = [mark for mark in marks if mark.end <= TEXT_CHARACTERS]
    rest = f"… {len(text) - TEXT_CHARACTERS:,} more characters"
    return [
        *hostile.pieces(shown, [*list_marks(shown, words), *inside]),
        Piece(rest, Kind.HIDDEN, "open the comment to read all of it"),
    ]


def anchor(comment_id: str) -> str:
    """The id of a comment's element in a page."""
    return "c-" + sha256(comment_id.encode("utf-8", "replace")).hexdigest()[:16]


def comment_url(comment_id: str) -> str:
    """The page of a comment."""
    return f"/console/comments/{quote(comment_id, safe='')}"


def article_url(article_id: str) -> str:
    """The page of an article."""
    return f"/console/articles/{quote(article_id, safe='')}"


def author_url(author_id: str) -> str:
    """The page of an author."""
    return f"/console/authors/{quote(author_id, safe='')}"


def marks_url(cards: Sequence[CardView]) -> str:
    """The address of what raised the scores; of very long ids it names as many as fit."""
    ids = [card.id for card in cards]
    while ids and len(address := urlencode({"id": ids}, doseq=True)) > MARKS_CHARACTERS:
        ids = ids[:-1]
    return f"/console/queue/marks?{address}" if ids else ""


def author_name(comment: Comment) -> str:
    """What the author of a comment calls themselves, or their id."""
    author = comment.content["author"]
    return (
        hostile.one_line(str(author.get("name") or author["id"]), NAME_CHARACTERS) or NAMELESS
    )


def excerpt(comment: Comment) -> str:
    """The beginning of a comment on one line."""
    return hostile.one_line(comment.content["text"], EXCERPT_CHARACTERS)


def who_decided(decision: Mapping[str, Any]) -> str:
    """Who made a decision, for people."""
    return {
        Source.CLASSIFIER: f"The classifier ({decision.get('model') or 'none'})",
        Source.POLICY: "The site's rules",
        Source.REPORT: "Readers' reports",
        Source.MODERATOR: str(decision.get("moderator", "A moderator")),
    }[Source(decision["source"])]


def what_decided(decision: Mapping[str, Any]) -> str:
    """What a decision did, in a few words after who made it."""
    if not chain.is_by_person(decision):
        return hostile.one_line(why(decision), 2_000)
    if revision := chain.undone_revision(decision):
        return f"undid decision {revision}: {DONE[decision['action']]} again"
    codes = {reason["code"] for reason in decision["reasons"]}
    labels = [statements.label(one) for one in Violation if one in codes]
    return f"{DONE[decision['action']]}{' as ' + ', '.join(labels) if labels else ''}"


def span(seconds: int) -> str:
    """A length of time in its largest unit, "3 hours"."""
    for unit_s, name in _AGES:
        if seconds >= unit_s:
            count = seconds // unit_s
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "a moment"


def ago(moment: str) -> str:
    """How long ago a moment in RFC 3339 was, "3 hours ago"."""
    then = datetime.fromisoformat(moment)
    return f"{span(max(int(time.time() - then.timestamp()), 0))} ago"


def _month(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%B %Y")
