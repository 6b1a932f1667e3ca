"""A second opinion on a sample: another moderator judges a decided comment, not told how.

Never changes a decision: it measures how far moderators agree, which is the most that any
classifier can reach that learns from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from moderation.chunks import in_chunks
from moderation.desk import chain
from moderation.desk.deciding import Verdict
from moderation.domain import Action, Actor, now_rfc3339
from moderation.errors import OpinionRefusedError, UnknownCommentError
from moderation.labels import labels_of, labels_of_decision
from moderation.record import Record
from moderation.record.labels import AT_ONCE, Judged
from moderation.record.opinions import Opinion, Said

#: Of the decided comments one in twenty is offered: 5 % more work, and after 1,000 decisions
#: fifty pairs tell agreement to about a tenth. No setting: a site that could turn it off
#: where moderators disagree would never see that they do.
SAMPLE_SHARE = 0.05
#: Decided comments that are looked at for one to offer, the newest.
LOOKED_AT = 5_000


class SecondOpinions:
    """The second opinions of the sites."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def next_for(self, actor: Actor) -> str | None:
        """The newest comment of the sample that this moderator did not decide themselves."""
        for one in self._open(actor.site):
            verdict = chain.verdict(one.decisions)
            if verdict and verdict["moderator"] != actor.name:
                return one.id
        return None

    def give(self, actor: Actor, comment_id: str, verdict: Verdict) -> Opinion:
        """Stores what this moderator says of a comment. The comment stays as it is.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
            OpinionRefusedError: it is not in the sample, no verdict stands, it is their own,
                somebody gave an opinion already, or it neither approves nor rejects.
        """
        if verdict.action is Action.HOLD:
            raise OpinionRefusedError("an opinion approves or rejects")
        opinion = self._opinion(actor, self._judged(actor.site, comment_id), verdict)
        if not self._record.opinions.put(actor.site, opinion):
            raise OpinionRefusedError("somebody has given a second opinion of it already")
        return opinion

    def disagreements(self, site: str) -> list[Opinion]:
        """The opinions against a verdict that still stands, the newest first."""
        against = [one for one in self._record.opinions.all(site) if not one.agrees]
        return [one for one in against if self._stands(site, one)]

    def _opinion(self, actor: Actor, judged: Judged, verdict: Verdict) -> Opinion:
        standing = chain.verdict(judged.decisions)
        if standing is None:
            raise OpinionRefusedError("no moderator's verdict stands on this comment")
        if standing["moderator"] == actor.name:
            raise OpinionRefusedError("this is your own verdict: another moderator is asked")
        if not in_sample(actor.site, judged.id):
            raise OpinionRefusedError(
                "this comment is not in the sample; opinions of comments that somebody picked "
                "would not tell how far moderators agree"
            )
        labels = labels_of(verdict.action, verdict.violation, verdict.categories)
        first = Said(standing["moderator"], standing["action"], labels_of_decision(standing))
        second = Said(actor.name, verdict.action.value, labels)
        revision = int(standing["revision"])
        return Opinion(judged.id, revision, first, second, now_rfc3339())

    def _judged(self, site: str, comment_id: str) -> Judged:
        found = self._record.labels.judged(site, [comment_id])
        if not found:
            raise UnknownCommentError(comment_id)
        return found[0]

    def _open(self, site: str) -> Iterator[Judged]:
        """The comments of the sample that nobody has given an opinion of, newest first."""
        decided = self._record.labels.decided_ids(site, LOOKED_AT)
        sample = [one for one in decided if in_sample(site, one)]
        for ids in in_chunks(sample, AT_ONCE):
            have = self._record.opinions.have(site, ids)
            left = [one for one, has in zip(ids, have, strict=True) if not has]
            yield from self._record.labels.judged(site, left)

    def _stands(self, site: str, opinion: Opinion) -> bool:
        found = self._record.labels.judged(site, [opinion.comment_id])
        standing = chain.verdict(found[0].decisions) if found else None
        return bool(standing and standing["revision"] == opinion.revision)


def in_sample(site: str, comment_id: str) -> bool:
    """Whether a second opinion is asked for: the same at any time, whoever asks."""
    digest = sha256(f"{site}\0{comment_id}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:4], "big") < SAMPLE_SHARE * 2**32
