"""What a release would have decided otherwise while it scored beside the active one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response

from moderation import hostile
from moderation.api.base import services
from moderation.console.base import me, page, position_before
from moderation.console.cards import Cards, CardView, comment_url
from moderation.console.release_pages import done, release_blueprint, release_url
from moderation.desk.cases import Cases
from moderation.desk.releases import Releases
from moderation.desk.shares import Share, percent
from moderation.domain import Action, Role
from moderation.record.shadows import Difference
from moderation.wording import category_label

blueprint = release_blueprint("shadow", __name__)

PAGE_DIFFERENCES = 25
NAME_CHARACTERS = 40
#: Categories shown of each comment: those on which the two releases are farthest apart.
SCORES_SHOWN = 2
#: What the active release did → what this one would have done.
_TOLD = {Action.HOLD: "would hold it", Action.APPROVE: "would let it through"}


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """A comment on which the two releases differ; without a card, it was erased."""

    difference: Difference
    card: CardView | None

    @property
    def url(self) -> str:
        """The comment's page."""
        return comment_url(self.difference.comment_id)

    @property
    def name(self) -> str:
        """Its id, shortened."""
        return hostile.one_line(self.difference.comment_id, NAME_CHARACTERS)

    @property
    def told(self) -> str:
        """What this release would have done."""
        return _TOLD[Action(self.difference.shadow)]

    @property
    def status(self) -> str:
        """What the comment's status would have become."""
        return Action(self.difference.shadow).status.value

    @property
    def scores(self) -> list[tuple[str, float | None, float | None]]:
        """Category, its score by the active release, and by this one."""
        active, shadow = self.difference.active_scores, self.difference.shadow_scores
        names = sorted(
            {*active, *shadow},
            key=lambda name: (-abs(shadow.get(name, 0.0) - active.get(name, 0.0)), name),
        )
        return [
            (category_label(name), active.get(name), shadow.get(name))
            for name in names[:SCORES_SHOWN]
        ]


@blueprint.get("/models/<version>/shadow")
def show(version: str) -> Response:
    """How often the release differed, in which direction, and on which comments."""
    record, actor = services().record, me().actor
    record.releases.one(actor.site, version)
    report = record.shadows.report(actor.site, version)
    found = record.shadows.differences(
        actor.site, version, limit=PAGE_DIFFERENCES + 1, before=position_before()
    )
    shown = found[:PAGE_DIFFERENCES]
    overview = Releases(record).overview(actor.site)
    return page(
        "console/shadow.html",
        active="models",
        version=version,
        url=release_url(version),
        active_version=overview.active_version,
        is_shadow=overview.assignment.shadow == version,
        report=report,
        differing=_told(report.differing, report.compared),
        would_hold=_told(report.would_hold, report.compared),
        would_approve=_told(report.would_approve, report.compared),
        views=_views(shown),
        next_url=_address(version, shown[-1].position) if len(found) > len(shown) else None,
        first_url=_address(version) if position_before() else None,
        can_act=actor.role.allows(Role.ADMIN),
        done=done(),
    )


def _told(part: int, whole: int) -> str:
    """A share with its interval, however large the numbers: people decide by it."""
    share = Share(part, whole)
    interval = f"{percent(share.low)} to {percent(share.high)}"
    return f"{percent(share.value or 0)} ({part:,} of {whole:,}), likely {interval}"


def _views(found: Sequence[Difference]) -> list[DifferenceView]:
    record, actor = services().record, me().actor
    cases = Cases(record).many(actor.site, [one.comment_id for one in found])
    cards = {card.id: card for card in Cards(record, actor.site, actor.name).of(cases)}
    return [DifferenceView(one, cards.get(one.comment_id)) for one in found]


def _address(version: str, before: str = "") -> str:
    address = f"{release_url(version)}/shadow"
    return f"{address}?{urlencode({'before': before})}" if before else address
