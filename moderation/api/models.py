"""The releases of a site: read, promoted, rolled back, shadowed, as JSON for moderators."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Response

from moderation.api import staff
from moderation.api.base import Blueprint, Cursors, json_response, services
from moderation.api.model_schemas import (
    ActivationSchema,
    AssignmentSchema,
    DifferencesQuerySchema,
    PromotionSchema,
    ReleaseSchema,
    ReleasesSchema,
    RollbackSchema,
    ShadowReportSchema,
    ShadowSchema,
    WorseSchema,
)
from moderation.api.problems import CONTENT_TYPE, Problem, invalid
from moderation.desk.releases import Releases, ReleasesOverview
from moderation.desk.shares import Share
from moderation.domain import Role
from moderation.errors import (
    NothingToRollBackError,
    ReasonMissingError,
    ReleasesChangedError,
    StaleComparisonError,
    UnknownReleaseError,
    WorseReleaseError,
)
from moderation.record.shadows import Difference
from moderation.releases import Assignment, ReleaseState, StoredRelease

blueprint = Blueprint(
    "models", __name__, url_prefix="/v1", description="The releases that decide, or could."
)
staff.protect(blueprint)


@blueprint.route("/models")
@blueprint.response(200, ReleasesSchema)
def list_models() -> Response:
    """List the releases that workers score with and those of the site, and which decides."""
    overview = Releases(services().record).overview(staff.current().site)
    workers, of = overview.changed_over
    return json_response(
        {
            "releases": [one.to_json() for one in overview.shipped],
            "active": overview.active_version or None,
            "assignment": _assignment(overview.assignment),
            "changed_over": {"workers": workers, "of": of},
            "stored": [_stored(one, overview) for one in overview.stored],
            "activations": [one.told() for one in overview.activations],
            "troubles": [
                {"version": one.version, "why": one.why, "instead": one.instead}
                for one in overview.troubles
            ],
        }
    )


@blueprint.route("/models/<version>")
@blueprint.response(200, ReleaseSchema)
def get_model(version: str) -> Response:
    """Read what is known about a release of the site: figures, guards, lineage."""
    record, site = services().record, staff.current().site
    release = record.releases.one(site, version)
    return json_response(
        _stored(release, Releases(record).overview(site))
        | {"evaluation": release.evaluation, "manifest": release.manifest}
    )


@blueprint.route("/models/<version>/card")
@blueprint.response(200, {"type": "string"}, content_type="text/markdown")
def get_card(version: str) -> Response:
    """Read the model card of a release, in Markdown."""
    card = services().record.releases.card(staff.current().site, version)
    return Response(card, content_type="text/markdown; charset=utf-8")


@blueprint.route("/models/<version>/promote", methods=["POST"])
@staff.needs(Role.ADMIN)
@blueprint.arguments(PromotionSchema)
@blueprint.response(200, ActivationSchema)
@blueprint.alt_response(409, schema=WorseSchema, content_type=CONTENT_TYPE)
def promote(body: dict[str, Any], version: str) -> Response:
    """Let a release decide; `shipped` is the one that the service came with."""
    return json_response(
        Releases(services().record).promote(staff.current(), version, **body).told()
    )


@blueprint.route("/models/rollback", methods=["POST"])
@staff.needs(Role.ADMIN)
@blueprint.arguments(RollbackSchema)
@blueprint.response(200, ActivationSchema)
def roll_back(body: dict[str, Any]) -> Response:
    """Let the release decide again that did before."""
    return json_response(Releases(services().record).roll_back(staff.current(), **body).told())


@blueprint.route("/models/shadow", methods=["PUT"])
@staff.needs(Role.ADMIN)
@blueprint.arguments(ShadowSchema)
@blueprint.response(200, AssignmentSchema)
def put_shadow(body: dict[str, Any]) -> Response:
    """Let a release score beside the active one without deciding, or none."""
    assignment = Releases(services().record).set_shadow(staff.current(), body["version"])
    return json_response(_assignment(assignment))


@blueprint.route("/models/<version>/shadow")
@blueprint.arguments(DifferencesQuerySchema, location="query")
@blueprint.response(200, ShadowReportSchema)
def get_shadow(query: dict[str, Any], version: str) -> Response:
    """Read how often a shadow would have decided otherwise, and on which comments."""
    record, site = services().record, staff.current().site
    record.releases.one(site, version)
    report, limit = record.shadows.report(site, version), query["limit"]
    cursors = Cursors("shadow", site, version)
    before = cursors.read(query["after"]) if query.get("after") else None
    found = record.shadows.differences(site, version, limit=limit + 1, before=before)
    shown = found[:limit]
    return json_response(
        {
            "version": version,
            "compared": report.compared,
            "differing": Share(report.differing, report.compared).to_json(),
            "would_hold": Share(report.would_hold, report.compared).to_json(),
            "would_approve": Share(report.would_approve, report.compared).to_json(),
            "comments": [_difference(one) for one in shown],
            "next": cursors.write(shown[-1].position) if len(found) > limit else None,
        }
    )


@blueprint.errorhandler(UnknownReleaseError)
def _unknown(error: UnknownReleaseError) -> Response:
    return Problem(HTTPStatus.NOT_FOUND, str(error), kind="unknown-release").response()


@blueprint.errorhandler(WorseReleaseError)
def _worse(error: WorseReleaseError) -> Response:
    return Problem(
        HTTPStatus.CONFLICT,
        f"{error}: force it with a reason, or leave it",
        kind="worse-release",
        more={"sentences": list(error.sentences)},
    ).response()


@blueprint.errorhandler(StaleComparisonError)
def _stale(error: StaleComparisonError) -> Response:
    return Problem(HTTPStatus.CONFLICT, str(error), kind="stale-comparison").response()


@blueprint.errorhandler(ReleasesChangedError)
def _changed(error: ReleasesChangedError) -> Response:
    return Problem(HTTPStatus.CONFLICT, str(error), kind="releases-changed").response()


@blueprint.errorhandler(NothingToRollBackError)
def _nothing(error: NothingToRollBackError) -> Response:
    return Problem(HTTPStatus.CONFLICT, str(error), kind="nothing-to-roll-back").response()


@blueprint.errorhandler(ReasonMissingError)
def _unreasoned(error: ReasonMissingError) -> Response:
    return invalid({"reason": [f"{error}."]}).response()


def _stored(release: StoredRelease, overview: ReleasesOverview) -> dict[str, Any]:
    evaluation = release.evaluation or {}
    is_compared = release.is_compared_with(overview.active_version)
    return {
        "version": release.version,
        "state": release.state.value,
        "created_at": release.created_at,
        "created_by": release.created_by,
        "parent": release.parent or None,
        "sha256": release.sha256,
        "size_bytes": release.size_bytes,
        "training": release.training or None,
        "compared_with": release.compared_with or None,
        "verdict": evaluation.get("verdict"),
        "sentences": list(release.sentences),
        "is_stale": release.state is not ReleaseState.ACTIVE and not is_compared,
    }


def _assignment(assignment: Assignment) -> dict[str, Any]:
    return {
        "active": assignment.active or None,
        "shadow": assignment.shadow or None,
        "before": [version or None for version in assignment.before],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    written = asdict(difference)
    del written["position"]
    return written
