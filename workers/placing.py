"""Where comments stand besides their decision: the held in the queue, the drawn for review."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from models.release import Release, Scored
from moderation.domain import Decision
from moderation.encoding import compact_json
from moderation.lottery import is_drawn
from moderation.record.policies import Policies
from moderation.triage import Drawn, place

log = logging.getLogger(__name__)

#: The kind of a comment of which none can be told.
NO_KIND = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A comment that is held now; `scored` is `None` if it could not be scored."""

    decision: Decision
    scored: Scored | None
    release: Release


def places(held: Sequence[Held]) -> list[str]:
    """The places of held comments in the queue, as JSON, in order.

    Their kinds are told all at once: that is many times quicker than one by one.
    """
    kinds = [NO_KIND] * len(held)
    by_release: defaultdict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(held):
        if one.scored is not None:
            by_release[id(one.release)].append(number)
    for numbers in by_release.values():
        scored = [one.scored for one in map(held.__getitem__, numbers) if one.scored]
        for number, kind in zip(numbers, _kinds(held[numbers[0]].release, scored), strict=True):
            kinds[number] = kind
    return [
        compact_json(place(one.decision, kind=kind).to_json())
        for one, kind in zip(held, kinds, strict=True)
    ]


class Lottery:
    """Draws approved comments for review."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._secret = ""

    def place(self, site: str, comment_id: str, share: float) -> str:
        """That a comment is drawn, as JSON; "" if it is not.

        Raises:
            RedisAwayError: the secret that draws is not known yet, and Redis does not answer.
        """
        if share <= 0:
            return ""
        self._secret = self._secret or self._policies.lot_secret()
        if not is_drawn(self._secret, site, comment_id, share=share):
            return ""
        return compact_json(Drawn(share).to_json())


def _kinds(release: Release, scored: Sequence[Scored]) -> list[str]:
    try:
        return release.kinds(scored)
    except Exception:
        log.exception("the kinds of %d comments could not be told", len(scored))
        return [NO_KIND] * len(scored)
