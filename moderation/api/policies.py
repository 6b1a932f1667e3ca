"""The site's own rules: read, replace, try out, go back."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Response, current_app

from moderation.access import needs
from moderation.api import either
from moderation.api.base import Blueprint, Cursors, json_response, services
from moderation.api.etags import expected_version, if_match
from moderation.api.policy_schemas import (
    EffectSchema,
    FoundWordsSchema,
    HistoryQuerySchema,
    HistorySchema,
    PolicySchema,
    RevertSchema,
    ThresholdsSchema,
    TriedWordsSchema,
)
from moderation.api.problems import Problem, invalid
from moderation.desk.effect import Effects
from moderation.desk.thresholds import deciding, own_thresholds, unknown_categories
from moderation.desk.words import found_words
from moderation.domain import Role
from moderation.errors import PolicyChangedError, UnknownPolicyVersionError
from moderation.policy import Policy
from moderation.record.policies import PolicyVersion, StoredPolicy

blueprint = Blueprint("policy", __name__, url_prefix="/v1", description="The site's rules.")
either.protect(blueprint)


@blueprint.route("/policy")
@blueprint.response(200, PolicySchema)
def get_policy() -> Response:
    """Read the policy, with the thresholds that hold now; its version is the ETag."""
    site = either.current().site
    return _answer(site, services().record.policies.current(site))


@blueprint.route("/policy", methods=["PUT"])
@blueprint.arguments(PolicySchema)
@blueprint.response(200, PolicySchema)
@if_match
@needs(Role.ADMIN)
def put_policy(body: dict[str, Any]) -> Response:
    """Replace the policy; it holds from the next comment on."""
    actor, policies = either.current(), services().record.policies
    return _answer(
        actor.site,
        policies.put(
            actor.site,
            Policy.from_json(_with_own_thresholds(actor.site, body)),
            who=actor.name,
            expected_version=_expected_version(actor.site),
        ),
    )


@blueprint.route("/policy/effect", methods=["POST"])
@blueprint.arguments(ThresholdsSchema)
@blueprint.response(200, EffectSchema)
@needs(Role.VIEWER)
def try_thresholds(body: dict[str, Any]) -> Response:
    """See what thresholds would do to the site's recent and labelled comments."""
    site = either.current().site
    current = services().record.policies.current(site).policy
    draft = replace(current, thresholds=_with_own_thresholds(site, body)["thresholds"])
    effect, samples = effects().of(site, draft), effects().samples(site)
    return json_response(effect.to_json() | {"histograms": samples.histograms()})


@blueprint.route("/policy/history")
@blueprint.arguments(HistoryQuerySchema, location="query")
@blueprint.response(200, HistorySchema)
def list_versions(query: dict[str, Any]) -> Response:
    """List the versions of the policy, newest first, with who changed what."""
    site = either.current().site
    cursors = Cursors("policy-history", site)
    before = cursors.read(query["after"]) if query.get("after") else None
    limit = query["limit"]
    found = services().record.policies.history(site, before=before, limit=limit)
    is_last = len(found) < limit or found[-1].version == 0
    return json_response(
        {
            "versions": [_version(one) for one in found],
            "next": None if is_last else cursors.write(found[-1].version),
        }
    )


@blueprint.route("/policy/revert", methods=["POST"])
@blueprint.arguments(RevertSchema)
@blueprint.response(200, PolicySchema)
@if_match
@needs(Role.ADMIN)
def revert_policy(body: dict[str, Any]) -> Response:
    """Go back to an earlier version; that makes a new version like it."""
    actor = either.current()
    return _answer(
        actor.site,
        services().record.policies.revert(
            actor.site,
            body["version"],
            who=actor.name,
            expected_version=_expected_version(actor.site),
        ),
    )


@blueprint.route("/policy/words", methods=["POST"])
@blueprint.arguments(TriedWordsSchema)
@blueprint.response(200, FoundWordsSchema)
@needs(Role.VIEWER)
def try_words(body: dict[str, Any]) -> Response:
    """See which entries of the word lists a text would hit."""
    site, record, words = either.current().site, services().record, body["words"]
    if words is None:
        policy = record.policies.current(site).policy
        words = [*policy.banned_words, *policy.suspect_words]
    return json_response({"found": found_words(record.queue, site, body["text"], words)})


@blueprint.errorhandler(PolicyChangedError)
def _changed(error: PolicyChangedError) -> Response:
    return Problem(HTTPStatus.PRECONDITION_FAILED, str(error), kind="policy-changed").response()


@blueprint.errorhandler(UnknownPolicyVersionError)
def _unknown_version(error: UnknownPolicyVersionError) -> Response:
    return Problem(HTTPStatus.NOT_FOUND, str(error), kind="unknown-version").response()


def effects() -> Effects:
    """What tries policies out; one for the whole process, as it keeps what it has read."""
    known: Effects | None = current_app.extensions.get("moderation-policy-effects")
    if known is None:
        known = Effects(services().record)
        current_app.extensions["moderation-policy-effects"] = known
    return known


def _with_own_thresholds(site: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body with only the thresholds that are the site's own.

    Raises:
        Problem: 422, one is of a category that the release does not score.
    """
    release, given = deciding(services().record, site), body["thresholds"]
    if release is None:
        return body
    if unknown := unknown_categories(given, release):
        known = ", ".join(release.categories)
        raise invalid({f"thresholds.{name}": [f"Not one of {known}."] for name in unknown})
    return body | {"thresholds": own_thresholds(given, release)}


def _expected_version(site: str) -> int | None:
    return expected_version(services().record.policies.current(site).version)


def _answer(site: str, stored: StoredPolicy) -> Response:
    release = deciding(services().record, site)
    written = stored.policy.to_json()
    if release:
        written["thresholds"] = {**release.thresholds, **stored.policy.thresholds}
    response = json_response(written)
    response.set_etag(str(stored.version))
    return response


def _version(one: PolicyVersion) -> dict[str, Any]:
    return one.to_json() | {"at": one.at or None, "who": one.who or None}
