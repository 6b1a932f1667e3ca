"""How long the site's data is kept, for its admins: what holds, what would go, and setting it.

What is over is gone for good, so rules are set in two steps: a draft is shown with what it
would take out, and is saved from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation.access import needs
from moderation.api.base import services
from moderation.console.base import console_blueprint, me, page, sent_number, sentence
from moderation.console.policy_form import NUMBER_CHARACTERS
from moderation.desk.due import Due, due
from moderation.domain import Role, rfc3339
from moderation.errors import RetentionChangedError, UnsuitableRetentionError
from moderation.retention import EVER, Retention, parse_days

blueprint = console_blueprint("retention", __name__)


class Rule(NamedTuple):
    """What a rule is about, for people."""

    what: str
    since: str


RULES = {
    "comments": Rule("Approved and rejected comments", "from their last decision"),
    "personal": Rule("Their authors’ e-mail, IP address and browser", "from the same moment"),
    "labels": Rule("Stored labels", "from when they were given"),
    "decisions": Rule("Entries of the decisions feed", "from when they were made"),
    "audit": Rule("Entries of the audit log", "from when they were made"),
}
#: What left at a sweep (`desk.upkeep.Swept`), for people.
LEFT = {
    "archived": "comments moved to the archive",
    "erased": "comments erased",
    "personal": "comments that lost their author’s personal fields",
    "labels": "labels erased",
    "decisions": "entries of the decisions feed erased",
    "audit": "entries of the audit log erased",
}


class FormError(Exception):
    """Raised when rules cannot be used as they were sent; `errors` has a message by rule."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("the rules cannot be used as they are")
        self.errors = errors


@blueprint.get("/retention")
@needs(Role.ADMIN)
def show() -> Response:
    """The rules that hold, and what the last sweep did."""
    return _page()


@blueprint.post("/retention/effect")
@needs(Role.ADMIN)
def effect() -> Response:
    """What a draft would take out, before it is saved."""
    try:
        draft = _draft()
    except FormError as error:
        return _page(errors=error.errors)
    site, record = me().actor.site, services().record
    stored = record.retentions.current(site)
    return page(
        "console/retention_draft.html",
        active="policy",
        version=stored.version,
        rows=_rows(stored.rules, draft, due(record, site, draft)),
        fields=_fields(draft),
    )


@blueprint.post("/retention")
@needs(Role.ADMIN)
def save() -> BaseResponse:
    """Lets a draft hold from the next sweep on."""
    actor = me().actor
    try:
        stored = services().record.retentions.put(
            actor.site,
            _draft(),
            who=actor.name,
            expected_version=sent_number("expected_version"),
        )
    except FormError as error:
        return _page(errors=error.errors)
    except RetentionChangedError:
        return _page(is_changed=True)
    return redirect(f"/console/retention?saved={stored.version}", HTTPStatus.SEE_OTHER)


def _sent() -> dict[str, str]:
    return {rule: request.form.get(rule, "").strip()[:NUMBER_CHARACTERS] for rule in RULES}


def _draft() -> Retention:
    """The rules that were sent; an empty field is for good.

    Raises:
        FormError: they cannot be rules.
    """
    days: dict[str, int | None] = {}
    errors: dict[str, str] = {}
    for rule, written in _sent().items():
        try:
            days[rule] = parse_days(written or EVER)
        except UnsuitableRetentionError as error:
            errors[rule] = sentence(error)
    if errors:
        raise FormError(errors)
    try:
        return Retention(**days)
    except UnsuitableRetentionError as error:
        raise FormError({error.rule: sentence(error)}) from None


def _fields(rules: Retention) -> dict[str, str]:
    return {name: "" if days is None else str(days) for name, days in rules.to_json().items()}


def _page(*, errors: Mapping[str, str] | None = None, is_changed: bool = False) -> Response:
    """The page; what was sent and not saved stands in its fields again."""
    site, record = me().actor.site, services().record
    stored = record.retentions.current(site)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    left, swept_at = record.upkeep.left_at_sweep(site), record.upkeep.swept_at(site)
    return page(
        "console/retention.html",
        HTTPStatus.CONFLICT if is_changed else status,
        active="policy",
        version=stored.version,
        rules=RULES,
        told={rule: told_days(days) for rule, days in stored.rules.to_json().items()},
        fields=_sent() if errors or is_changed else _fields(stored.rules),
        errors=errors or {},
        is_changed=is_changed,
        is_saved=request.args.get("saved") == str(stored.version),
        swept_at=rfc3339(datetime.fromtimestamp(swept_at, UTC)) if swept_at else "",
        left=[(LEFT[name], count) for name, count in left.items() if count],
        has_trainer=record.trainings.has_trainer(),
    )


def _rows(
    now: Retention, draft: Retention, found: Mapping[str, Due]
) -> list[tuple[str, str, str, str]]:
    """For each rule: what it is about, how long that is kept now and then, what would go."""
    old, new = now.to_json(), draft.to_json()
    return [
        (rule.what, told_days(old[name]), told_days(new[name]), told_due(found[name]))
        for name, rule in RULES.items()
    ]


def told_days(days: int | None) -> str:
    """How long something is kept, for people."""
    match days:
        case None:
            return "for good"
        case 0:
            return "until the next sweep"
        case 1:
            return "1 day"
    return f"{days:,} days"


def told_due(found: Due) -> str:
    """How much would go, for people."""
    return f"{found.count:,}" if found.is_all else f"at least {found.count:,}"
