"""What a batch does, in words: "Approve 143 comments with toxicity from 0 to 0.12"."""

from __future__ import annotations

from moderation import statements
from moderation.desk.deciding import Verdict
from moderation.desk.queue import Band, QueueQuery
from moderation.domain import Action
from moderation.wording import category_label

_DOES = {Action.APPROVE: "Approve", Action.HOLD: "Keep held:", Action.REJECT: "Reject"}
_STATES = {"new": "that nobody has looked at", "kept": "that were kept held"}


def batch_label(verdict: Verdict, count: int, query: QueueQuery | None) -> str:
    """The label of a batch.

    Args:
        verdict: the decision.
        count: on how many comments.
        query: what picked them out; `None` if they were selected one by one.
    """
    noun = "comment" if count == 1 else "comments"
    words = [_DOES[verdict.action], f"{count:,}", *([noun] if query else ["selected", noun])]
    words += _which(query) if query else []
    if verdict.action is Action.REJECT and verdict.violation:
        words.append(f"as {statements.label(verdict.violation)}")
    return " ".join(words)


def _which(query: QueueQuery) -> list[str]:
    named = (
        (query.band, _of_scores(query.band)),
        (query.state, _STATES.get(query.state, "")),
        (query.category, f"held for {category_label(query.category)}"),
        (query.reason, f"held by the rule “{category_label(query.reason)}”"),
        (query.source, f"held by the {query.source}"),
        (query.language, f"in the language {query.language}"),
        (query.article_id, f"on the article {query.article_id}"),
        (query.author_id, f"by the author {query.author_id}"),
        (query.waiting_s, f"waiting for {query.waiting_s:,} s or more"),
        (query.text, f"with “{query.text}” in them"),
    )
    return [words for is_asked, words in named if is_asked]


def _of_scores(band: Band | None) -> str:
    if band is None:
        return ""
    return f"with {category_label(band.category)} from {band.least:.12g} to {band.most:.12g}"
