"""The releases of a site: which decides, which could, how each was measured, the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation import hostile
from moderation.api.base import services
from moderation.console.base import me, needs, page
from moderation.console.evaluation_view import EvaluationView
from moderation.console.release_pages import (
    MODELS,
    done,
    release_blueprint,
    release_url,
    to,
)
from moderation.console.release_view import WHOLE, ReleaseView, metric_rows, told_category
from moderation.console.tradeoff_view import tradeoffs
from moderation.console.training import training_panel
from moderation.desk.releases import SHIPPED_WORD, Releases, ReleasesOverview
from moderation.desk.trainings import Trainings
from moderation.domain import Role
from moderation.record.operations import Trouble
from moderation.releases import SHIPPED, Activation

blueprint = release_blueprint("models", __name__)

REASON_CHARACTERS = 500
TROUBLE_CHARACTERS = 400
ACTIVATIONS_SHOWN = 10


@blueprint.get("/models")
def show() -> Response:
    """What decides and since when, what could, and how a new one is trained."""
    record, actor = services().record, me().actor
    overview = Releases(record).overview(actor.site)
    shadow, views = overview.assignment.shadow, _views(overview)
    return page(
        "console/models.html",
        active="models",
        overview=overview,
        own=next((view for view in views if view.is_active), None),
        since=_since(overview),
        in_use=_in_use(overview),
        metrics=_metrics(overview),
        releases=views,
        shadow=record.shadows.report(actor.site, shadow) if shadow else None,
        history=overview.activations[:ACTIVATIONS_SHOWN],
        back_to=_back_to(overview),
        troubles=_told_troubles(overview.troubles),
        silent=[worker for worker in record.operations.workers() if not worker.alive],
        can_act=actor.role.allows(Role.ADMIN),
        done=done(),
        named=_namer(overview),
        release_url=release_url,
        told_category=told_category,
        whole=WHOLE,
        shipped_word=SHIPPED_WORD,
        **training_panel(record, actor),
    )


@blueprint.get("/models/<version>")
def release(version: str) -> BaseResponse:
    """One release: beside the active one, where it comes from, and what to do with it."""
    record, actor = services().record, me().actor
    overview = Releases(record).overview(actor.site)
    if version in {SHIPPED_WORD, overview.shipped_version}:
        return redirect(MODELS)
    stored = record.releases.one(actor.site, version)
    return page(
        "console/release.html",
        active="models",
        view=ReleaseView(stored, overview.active_version),
        compared=EvaluationView.of(stored),
        tradeoffs=tradeoffs(stored),
        card=record.releases.card(actor.site, version),
        is_shadow=overview.assignment.shadow == version,
        shadow=record.shadows.report(actor.site, version),
        open_training=record.trainings.open(actor.site),
        metrics=metric_rows(stored.manifest),
        can_act=actor.role.allows(Role.ADMIN),
        done=done(),
        told_category=told_category,
        whole=WHOLE,
    )


@blueprint.post("/models/<version>/promote")
@needs(Role.ADMIN)
def promote(version: str) -> BaseResponse:
    """Lets a release decide."""
    Releases(services().record).promote(
        me().actor,
        version,
        force="force" in request.form,
        reason=_reason(),
        expected_active=request.form.get("expected_active") or None,
    )
    return to(MODELS if version == SHIPPED_WORD else release_url(version), "promoted")


@blueprint.post("/models/rollback")
@needs(Role.ADMIN)
def roll_back() -> BaseResponse:
    """Lets the release before decide again."""
    Releases(services().record).roll_back(
        me().actor,
        reason=_reason(),
        expected_active=request.form.get("expected_active") or None,
    )
    return to(MODELS, "rolled-back")


@blueprint.post("/models/<version>/shadow")
@needs(Role.ADMIN)
def set_shadow(version: str) -> BaseResponse:
    """Lets a release score beside the active one, or no longer."""
    is_on = request.form.get("shadow") == "on"
    Releases(services().record).set_shadow(me().actor, version if is_on else None)
    return to(release_url(version), "shadow-on" if is_on else "shadow-off")


@blueprint.post("/models/<version>/compare")
@needs(Role.ADMIN)
def compare(version: str) -> BaseResponse:
    """Has a release compared anew, with what is active now."""
    Trainings(services().record).compare(me().actor, version)
    return to(MODELS, "comparing")


def _reason() -> str:
    return request.form.get("reason", "").strip()[:REASON_CHARACTERS]


def _views(overview: ReleasesOverview) -> list[ReleaseView]:
    return [ReleaseView(one, overview.active_version) for one in overview.stored]


def _since(overview: ReleasesOverview) -> Activation | None:
    """What made the active release the active one; `None` for one that always was."""
    latest = next(iter(overview.activations), None)
    return latest if latest and latest.version == overview.assignment.active else None


def _in_use(overview: ReleasesOverview) -> dict[str, Any]:
    """What is known about the release that decides; empty if no worker tells of the shipped."""
    if overview.active:
        return dict(overview.active.manifest)
    if not overview.shipped:
        return {}
    one = overview.shipped[0].first
    return {"categories": one.categories, "thresholds": one.thresholds, **one.facts}


def _metrics(overview: ReleasesOverview) -> Sequence[dict[str, Any]]:
    if overview.active:
        return metric_rows(overview.active.manifest)
    return overview.shipped[0].first.facts.get("metrics", ()) if overview.shipped else ()


def _back_to(overview: ReleasesOverview) -> str | None:
    """What a rollback goes back to, for people; `None` if there is nothing."""
    before = overview.assignment.before
    return _namer(overview)(before[0]) if before else None


def _namer(overview: ReleasesOverview) -> Any:
    """Names a version, the shipped one as well."""

    def named(version: str) -> str:
        if version != SHIPPED:
            return version
        shipped = overview.shipped_version
        return f"{shipped} (shipped)" if shipped else "the shipped release"

    return named


def _told_troubles(troubles: Sequence[Trouble]) -> list[str]:
    """What workers could not load, a sentence for each kind of trouble."""
    return [
        f"{count} worker{'' if count == 1 else 's'} cannot use "
        f"{one.version} and keep{'s' if count == 1 else ''} {one.instead}: "
        f"{hostile.one_line(one.why, TROUBLE_CHARACTERS)}"
        for one, count in Counter(troubles).items()
    ]
