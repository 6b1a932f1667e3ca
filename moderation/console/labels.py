"""Labels: what the classifier learns from, how far moderators agree, what to look at again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain, islice

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from moderation import hostile, triage
from moderation.api.base import services
from moderation.console.base import console_blueprint, me, needs, page, sentence
from moderation.console.cards import VIOLATIONS, Cards, CardView, anchor, comment_url
from moderation.desk.agreement import FEWEST_PAIRS, Agreement, agreements
from moderation.desk.cases import Cases
from moderation.desk.deciding import Verdict
from moderation.desk.doubts import Doubtful, Doubts
from moderation.desk.labels import Labels, LabelSummary
from moderation.desk.opinions import SAMPLE_SHARE, SecondOpinions
from moderation.domain import Action, Role, Violation
from moderation.encoding import compact_json
from moderation.errors import (
    OpinionRefusedError,
    UnknownCommentError,
    UnknownLabelError,
)
from moderation.labels import LABEL, NAMES, LabelOrigin
from moderation.marks import Piece
from moderation.record.opinions import Opinion
from moderation.wording import DONE, category_label

blueprint = console_blueprint("labels", __name__)

#: Doubts that one page shows; when these are settled the next ones come.
DOUBTS_SHOWN = 20
DISAGREEMENTS_SHOWN = 50
EXCERPT_CHARACTERS = 160
#: Lines of the export that are sent in one piece.
LINES_AT_ONCE = 200
ORIGINS = {
    LabelOrigin.DECISION: "moderators' verdicts",
    LabelOrigin.IMPORT: "imported",
    LabelOrigin.KEPT: "kept of erased comments",
    LabelOrigin.SUGGESTION: "sent in by the site",
}
#: What the form about a doubt sends → what the next page says of it.
SETTLED = {
    "keep": "The label is right; this doubt will not be raised again.",
    "flip": "The label was changed.",
    "drop": "The label was removed.",
    "opinion": "Your opinion was saved. The comment stays as it was decided.",
    "gone": "That label is another one by now, or gone. Nothing was done.",
}


@dataclass(frozen=True, slots=True)
class DoubtView:
    """A doubted label for a template."""

    found: Doubtful

    @property
    def id(self) -> str:
        """What its forms send."""
        return self.found.doubt.reference

    @property
    def anchor(self) -> str:
        """An id for the page."""
        return anchor(self.id)

    @property
    def pieces(self) -> list[Piece]:
        """The text, safe to show."""
        return hostile.pieces(self.found.label.text)

    @property
    def is_severe(self) -> bool:
        """Whether it is blurred until its reader wants to see it."""
        label = self.found.label
        return triage.severity(label.scores or label.labels) >= triage.SEVERE

    @property
    def says(self) -> str:
        """What the label says."""
        return _says(self.found.doubt.category, self.found.doubt.label)

    @property
    def expected(self) -> str:
        """What the other labels let one expect."""
        doubt = self.found.doubt
        agreeing = doubt.probability if doubt.label == 0 else 1 - doubt.probability
        return f"{self.opposite} (probability {agreeing:.2f})"

    @property
    def opposite(self) -> str:
        """What the label would say, turned round."""
        return _says(self.found.doubt.category, 1 - self.found.doubt.label)

    @property
    def by(self) -> str:
        """Whose label it is."""
        label = self.found.label
        return f"{label.who}, {label.at[:10]}" if label.who else ORIGINS[label.origin]

    @property
    def url(self) -> str:
        """The page of its comment, "" if it has none."""
        comment_id = self.found.label.comment_id
        return comment_url(comment_id) if comment_id else ""

    @property
    def revision(self) -> int:
        """What a decision about it expects."""
        return self.found.revision

    @property
    def is_rejected(self) -> bool:
        """Whether its comment was rejected."""
        return self.found.label.labels.get(LABEL) == 1


@dataclass(frozen=True, slots=True)
class Dispute:
    """A verdict and a second opinion against it."""

    opinion: Opinion
    excerpt: str

    @property
    def url(self) -> str:
        """The comment's page."""
        return comment_url(self.opinion.comment_id)

    @property
    def text(self) -> str:
        """Who says what."""
        first, second = self.opinion.verdict, self.opinion.opinion
        otherwise = f"{second.who} would have {DONE[second.action]} it"
        return f"{first.who} {DONE[first.action]} it, {otherwise}"


@blueprint.get("/labels")
def show() -> Response:
    """The labels counted, and how far moderators agree."""
    record, site = services().record, me().actor.site
    summary = Labels(record).summary(site)
    found = agreements(record.opinions.all(site))
    return page(
        "console/labels.html",
        active="labels",
        summary=summary,
        origins=[(name, summary.by_origin.get(key, 0)) for key, name in ORIGINS.items()],
        categories=_categories(summary),
        missing=_missing(summary),
        agreement=found.verdict,
        agreed_by=_named(
            {category_label(n): a for n, a in found.by_category.items() if n != LABEL}
        ),
        agreed_with=_named({" and ".join(n): a for n, a in found.by_pair.items()}),
        fewest_pairs=FEWEST_PAIRS,
        doubts=len(record.labels.doubts(site)),
    )


@blueprint.get("/labels.jsonl")
def export() -> Response:
    """Every label as JSON Lines, as the import takes them, sent while they are read."""
    site = me().actor.site
    found = Labels(services().record).every(site)
    lines = (compact_json(label.row()) + "\n" for label in found)
    pieces: Iterator[str] = iter(lambda: "".join(islice(lines, LINES_AT_ONCE)), "")
    # The first piece is read now, while there is a status to say what is wrong with.
    whole = chain([next(pieces, "")], pieces)
    disposition = f'attachment; filename="labels-{site}.jsonl"'
    return Response(
        whole, headers={"Content-Disposition": disposition}, content_type="application/jsonl"
    )


@blueprint.get("/labels/second-look")
def second_look() -> Response:
    """Doubtful labels, a comment that wants a second opinion, and verdicts in dispute."""
    return _second_look(done=SETTLED.get(request.args.get("done", ""), ""))


@blueprint.post("/labels/doubts")
@needs(Role.MODERATOR)
def settle() -> BaseResponse:
    """Settles a doubt: the label is right, wrong, or not worth keeping."""
    doubts = Doubts(services().record)
    act = {"keep": doubts.keep, "flip": doubts.flip, "drop": doubts.drop}
    did = request.form.get("do", "")
    if did not in act:
        return _second_look(error="Choose what to do with the label.")
    try:
        act[did](me().actor, request.form.get("id", ""))
    except UnknownLabelError:
        did = "gone"
    return _back(did)


@blueprint.post("/labels/opinion")
@needs(Role.MODERATOR)
def give_opinion() -> BaseResponse:
    """Stores a second opinion."""
    form = request.form
    action, reason = form.get("action", ""), form.get("reason", "")
    if action not in {Action.APPROVE, Action.REJECT} or (
        reason and reason not in set(Violation)
    ):
        return _second_look(error="Choose whether you would approve the comment or reject it.")
    violation = Violation(reason) if reason and action == Action.REJECT else None
    verdict = Verdict(Action(action), violation)
    try:
        SecondOpinions(services().record).give(me().actor, form.get("comment", ""), verdict)
    except OpinionRefusedError as error:
        return _second_look(error=sentence(error))
    return _back("opinion")


def _second_look(*, done: str = "", error: str = "") -> Response:
    record, actor = services().record, me().actor
    card = _asked_about() if actor.role.allows(Role.MODERATOR) else None
    return page(
        "console/labels_second_look.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        active="labels",
        doubts=[DoubtView(one) for one in Doubts(record).page(actor.site, limit=DOUBTS_SHOWN)],
        card=card,
        # Marks of listed words would tell what it was held for.
        blind=hostile.pieces(card.case.comment.content["text"]) if card else [],
        disputes=list(_disputes()),
        violations=[(code, label) for _, code, label in VIOLATIONS],
        share=SAMPLE_SHARE,
        done=done,
        error=error,
    )


def _asked_about() -> CardView | None:
    """The comment that the viewer is asked about."""
    record, actor = services().record, me().actor
    comment_id = SecondOpinions(record).next_for(actor)
    if comment_id is None:
        return None
    try:
        case = Cases(record).one(actor.site, comment_id)
    except UnknownCommentError:  # erased meanwhile
        return None
    (card,) = Cards(record, actor.site, actor.name).of([case], whole=True)
    return card


def _disputes() -> Iterator[Dispute]:
    record, site = services().record, me().actor.site
    found = SecondOpinions(record).disagreements(site)[:DISAGREEMENTS_SHOWN]
    contents = record.comments.contents(site, [one.comment_id for one in found])
    for one, content in zip(found, contents, strict=True):
        if content:
            yield Dispute(one, hostile.one_line(content["text"], EXCERPT_CHARACTERS))


def _categories(summary: LabelSummary) -> list[tuple[str, int, int]]:
    """Each name for people, and how many labels say 0 and 1 of it."""
    return [
        (_name(name), *summary.by_category[name])
        for name in NAMES
        if name in summary.by_category
    ]


def _missing(summary: LabelSummary) -> list[str]:
    """What it takes until each category can be learnt, in words."""
    return [
        f"{category_label(name)}: {_and(zeros, ones)} more"
        for name, (zeros, ones) in summary.missing.items()
        if zeros or ones
    ]


def _and(zeros: int, ones: int) -> str:
    parts = ((zeros, "harmless"), (ones, "harmful"))
    return " and ".join(f"{count} {kind}" for count, kind in parts if count)


def _named(found: Mapping[str, Agreement]) -> list[tuple[str, Agreement]]:
    return list(found.items())


def _name(name: str) -> str:
    return "should be held" if name == LABEL else category_label(name)


def _says(category: str, value: int) -> str:
    if category == LABEL:
        return "should be held" if value else "fine to publish"
    return category_label(category) if value else f"no {category_label(category)}"


def _back(done: str) -> BaseResponse:
    where = url_for("console_labels.second_look", done=done)
    return redirect(where, HTTPStatus.SEE_OTHER)
