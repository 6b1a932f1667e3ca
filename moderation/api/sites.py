"""The site's own rules: read and replace its policy."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, request

from moderation.api import auth
from moderation.api.base import Blueprint, json_response, services
from moderation.api.problems import Problem, invalid
from moderation.api.schemas import PolicySchema
from moderation.policy import Policy
from moderation.record.operations import WorkerState

blueprint = Blueprint("policy", __name__, url_prefix="/v1", description="The site's rules.")
auth.protect(blueprint)

#: A version that no policy is ever at.
NO_VERSION = -1


@blueprint.route("/policy")
@blueprint.response(200, PolicySchema)
def get_policy() -> Response:
    """Read the policy, with the thresholds that hold now; its version is the ETag."""
    stored = services().record.sites.policy(auth.current_site())
    return _answer(stored.policy, stored.version)


@blueprint.route("/policy", methods=["PUT"])
@blueprint.arguments(PolicySchema)
@blueprint.response(200, PolicySchema)
@blueprint.doc(
    parameters=[
        {
            "name": "If-Match",
            "in": "header",
            "schema": {"type": "string"},
            "description": "Replace only the version with this ETag, else 412.",
        }
    ]
)
def put_policy(body: dict[str, Any]) -> Response:
    """Replace the policy; it holds from the next comment on."""
    release = _release_in_use()
    if release:
        body["thresholds"] = _own_thresholds(body["thresholds"], release)
    policy = Policy.from_json(body)
    version = services().record.sites.put_policy(
        auth.current_site(), policy, expected_version=_expected_version()
    )
    if version is None:
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED,
            "the policy was changed by somebody else; read it again",
            kind="policy-changed",
        )
    return _answer(policy, version)


def _own_thresholds(
    given: dict[str, float | None], release: WorkerState
) -> dict[str, float | None]:
    """What differs from the release's: the rest follows when another release is promoted."""
    unknown = sorted(set(given) - set(release.categories))
    if unknown:
        known = ", ".join(release.categories)
        raise invalid({f"thresholds.{name}": [f"Not one of {known}."] for name in unknown})
    return {
        category: threshold
        for category, threshold in given.items()
        if threshold != release.thresholds.get(category)
    }


def _release_in_use() -> WorkerState | None:
    return next((one for one in services().record.operations.workers() if one.release), None)


def _expected_version() -> int | None:
    etags = request.if_match
    if not etags or etags.star_tag:
        return None
    current = services().record.sites.policy(auth.current_site()).version
    return current if etags.contains(str(current)) else NO_VERSION


def _answer(policy: Policy, version: int) -> Response:
    release = _release_in_use()
    written = policy.to_json()
    if release:
        written["thresholds"] = {**release.thresholds, **policy.thresholds}
    response = json_response(written)
    response.set_etag(str(version))
    return response
