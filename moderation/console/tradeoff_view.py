"""Thresholds that were proposed with a release: what each would hold, miss and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from moderation.console.curves import Dot, tradeoff
from moderation.console.policy_form import THRESHOLD
from moderation.desk.shares import percent
from moderation.releases import StoredRelease
from moderation.wording import category_label

Told = Mapping[str, Any]

#: Decimals of a threshold that are taken over; fewer digits are shown.
DECIMALS = 6
SHOWN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Share:
    """A share for people, and its 95 % interval."""

    told: str
    interval: str

    @classmethod
    def of(cls, told: Told | None) -> Share:
        """What a proposal says of one."""
        if told is None:
            return cls("–", "")
        interval = f"({percent(told['low'])} to {percent(told['high'])})"
        return cls(percent(told["value"]), interval)


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A target and the threshold that meets it; without one, `missing` says why."""

    number: int
    target: str
    missing: str = ""
    threshold: str = ""
    policy_url: str = ""
    shares: Sequence[Share] = ()


@dataclass(frozen=True, slots=True)
class TradeoffView:
    """The thresholds of one category."""

    label: str
    rows: int
    positives: int
    chart: Markup
    proposals: list[ProposalRow]


def tradeoffs(release: StoredRelease) -> list[TradeoffView]:
    """The categories of a release for which thresholds were proposed."""
    found: Mapping[str, Told] = (release.evaluation or {}).get("proposals") or {}
    return [_tradeoff(name, told) for name, told in found.items() if told["curve"]]


def _tradeoff(name: str, told: Told) -> TradeoffView:
    met = [(number, one) for number, one in enumerate(told["targets"], 1) if "threshold" in one]
    chart = tradeoff(
        [(point["held"]["value"], point["caught"]["value"]) for point in told["curve"]],
        along="of all comments held",
        up="found, of what should be held",
        title=f"What thresholds of {category_label(name)} hold, and what they find",
        dots=[
            Dot(one["held"]["value"], one["caught"]["value"], str(number))
            for number, one in met
        ],
    )
    return TradeoffView(
        label=category_label(name),
        rows=int(told["rows"]),
        positives=int(told["positives"]),
        chart=chart,
        proposals=[_proposal(name, *one) for one in enumerate(told["targets"], 1)],
    )


def _proposal(category: str, number: int, told: Told) -> ProposalRow:
    target = f"{told['aim']} {percent(told['share'])}"
    if "threshold" not in told:
        return ProposalRow(number, target, missing=str(told.get("missing", "")))
    threshold = float(told["threshold"])
    asked = {THRESHOLD + category: f"{threshold:.{DECIMALS}f}".rstrip("0")}
    return ProposalRow(
        number,
        target,
        threshold=f"{threshold:.{SHOWN_DIGITS}g}",
        policy_url=f"/console/policy?{urlencode(asked)}",
        shares=[
            Share.of(told[which]) for which in ("held", "false_holds", "caught", "precision")
        ],
    )
