"""The policy: thresholds over the site's own scores, word lists, rules, and every version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation.access import needs
from moderation.api.base import services
from moderation.api.policies import effects
from moderation.api.schemas import TEXT_CHARACTERS
from moderation.console.base import console_blueprint, is_htmx, me, page, sent_number
from moderation.console.policy_form import FormError, PolicyForm, asked_thresholds
from moderation.console.policy_view import (
    APPROVED,
    ORDERS,
    RECENT_LOOK,
    REJECTED,
    VersionView,
    category_views,
    reach_line,
)
from moderation.desk.effect import Effect
from moderation.desk.thresholds import Deciding, deciding, own_thresholds
from moderation.desk.words import found_words
from moderation.domain import Role
from moderation.errors import NoAnswerError, PolicyChangedError, UnknownPolicyVersionError
from moderation.policy import Policy
from moderation.record.policies import StoredPolicy

blueprint = console_blueprint("policy", __name__)

VERSIONS_SHOWN = 20
#: Characters of a text that are tried at once: a longer one is cut.
TRIED_CHARACTERS = TEXT_CHARACTERS


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds on the viewer's site: its policy over a release's thresholds."""

    stored: StoredPolicy
    release: Deciding | None

    @classmethod
    def in_force(cls) -> Rules:
        """Those of this moment."""
        record, site = services().record, me().actor.site
        return cls(record.policies.current(site), deciding(record, site))

    @property
    def categories(self) -> Sequence[str]:
        """The categories that may have a threshold."""
        if self.release:
            return self.release.categories
        return tuple(self.stored.policy.thresholds)

    @property
    def released(self) -> Mapping[str, float]:
        """The thresholds of the release."""
        return self.release.thresholds if self.release else {}

    @property
    def thresholds(self) -> dict[str, float | None]:
        """Category → the threshold that holds."""
        merged = {**self.released, **self.stored.policy.thresholds}
        return {category: merged.get(category) for category in self.categories}

    def proposed(self, address: Mapping[str, str]) -> PolicyForm | None:
        """The form with thresholds that an address names, `None` if it names none."""
        asked = asked_thresholds(address, self.categories)
        merged = {**self.thresholds, **asked}
        return PolicyForm.of(self.stored.policy, merged) if asked else None

    def draft(self, form: PolicyForm) -> Policy:
        """What a form asks for, with only the thresholds that are the site's own.

        Raises:
            FormError: it cannot be a policy.
        """
        policy = form.policy(self.categories)
        if self.release is None:
            return policy
        return replace(policy, thresholds=own_thresholds(policy.thresholds, self.release))

    def policy(self, form: PolicyForm | None) -> Policy:
        """What a form asks for, or what holds where that is nothing that could."""
        if form:
            with suppress(FormError):
                return self.draft(form)
        return self.stored.policy


@blueprint.get("/policy")
def show() -> Response:
    """The policy as it is; or with thresholds of the address, as a draft of it."""
    rules = Rules.in_force()
    done = request.args.get("published") == str(rules.stored.version)
    return _page(
        rules, rules.proposed(request.args), published=rules.stored.version if done else None
    )


@blueprint.post("/policy")
@needs(Role.ADMIN)
def publish() -> BaseResponse:
    """Lets a draft hold from the next comment on."""
    rules, form = Rules.in_force(), PolicyForm(request.form)
    actor, expected = me().actor, sent_number("expected_version")
    try:
        stored = services().record.policies.put(
            actor.site, rules.draft(form), who=actor.name, expected_version=expected
        )
    except FormError as error:
        return _page(rules, form, errors=error.errors)
    except PolicyChangedError:
        return _changed(form, expected)
    return _published(stored)


@blueprint.post("/policy/effect")
@needs(Role.VIEWER)
def effect() -> Response:
    """What a draft would do, before it is published."""
    rules, form = Rules.in_force(), PolicyForm(request.form)
    try:
        found = effects().of(me().actor.site, rules.draft(form))
    except FormError as error:
        return _page(rules, form, errors=error.errors)
    return _page(rules, form, found=found)


@blueprint.post("/policy/words")
@needs(Role.VIEWER)
def words() -> Response:
    """Which entries of the lists of a draft a text would hit."""
    form, text = PolicyForm(request.form), request.form.get("tried", "")[:TRIED_CHARACTERS]
    tried = _Tried.on(form, text)
    if is_htmx():
        return page("console/policy_words.html", tried=tried)
    return _page(Rules.in_force(), form, tried=tried)


@blueprint.post("/policy/revert")
@needs(Role.ADMIN)
def revert() -> BaseResponse:
    """Goes back to an earlier version, by a new one like it."""
    actor, expected = me().actor, sent_number("expected_version")
    try:
        stored = services().record.policies.revert(
            actor.site, sent_number("version"), who=actor.name, expected_version=expected
        )
    except PolicyChangedError:
        return _changed(None, expected)
    except UnknownPolicyVersionError:
        return page("console/not_found.html", HTTPStatus.NOT_FOUND, active="policy")
    return _published(stored)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A text that was tried on the word lists, and what it hit; `None` of no answer."""

    text: str
    banned: list[str] | None = None
    suspect: list[str] | None = None

    @classmethod
    def on(cls, form: PolicyForm, text: str) -> _Tried:
        if not text.strip():
            return cls("", [], [])
        banned, suspect = form.lines("banned_words"), form.lines("suspect_words")
        try:
            found = found_words(
                services().record.queue, me().actor.site, text, [*banned, *suspect]
            )
        except NoAnswerError:
            return cls(text)
        return cls(
            text,
            [entry for entry in found if entry in set(banned)],
            [entry for entry in found if entry in set(suspect)],
        )


def _published(stored: StoredPolicy) -> BaseResponse:
    return redirect(f"/console/policy?published={stored.version}", HTTPStatus.SEE_OTHER)


def _changed(form: PolicyForm | None, expected: int) -> Response:
    """Shows what somebody else changed, and the draft that may still follow it."""
    history = services().record.policies.history(me().actor.site, limit=VERSIONS_SHOWN)
    theirs = [VersionView(one) for one in history if one.version > expected]
    return _page(Rules.in_force(), form, theirs=theirs, status=HTTPStatus.CONFLICT)


def _page(
    rules: Rules,
    form: PolicyForm | None = None,
    *,
    found: Effect | None = None,
    errors: Mapping[str, list[str]] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    **context: Any,
) -> Response:
    """The page, or for htmx what a draft would do alone."""
    if errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    actor, record = me().actor, services().record
    found = found or effects().of(actor.site, rules.policy(form))
    shared: dict[str, Any] = {
        "effect": found,
        "is_draft": form is not None,
        "errors": errors or {},
        "reach": [
            (f"category-{at}", reach_line(found.reaching.get(name)))
            for at, name in enumerate(rules.categories)
        ],
    }
    if is_htmx():
        return page("console/policy_effect.html", status, **shared)
    samples = effects().samples(actor.site)
    return page(
        "console/policy.html",
        status,
        active="policy",
        fields=(form or PolicyForm.of(rules.stored.policy, rules.thresholds)).fields,
        version=rules.stored.version,
        categories=category_views(
            rules.categories, samples, now=rules.thresholds, released=rules.released
        ),
        counts=[
            (RECENT_LOOK, "recent", samples.recent.size),
            ("rejected", REJECTED, samples.rejected.size),
            ("approved", APPROVED, samples.approved.size),
        ],
        has_labels=bool(samples.rejected.size or samples.approved.size),
        orders=ORDERS.items(),
        history=[
            VersionView(one)
            for one in record.policies.history(actor.site, limit=VERSIONS_SHOWN)
        ],
        can_edit=actor.role.allows(Role.ADMIN),
        **shared,
        **context,
    )
