"""The site's webhook endpoints, for its admins: a list, and a page for each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation.access import needs
from moderation.api.base import services
from moderation.console.base import console_blueprint, me, page, position_before, sentence
from moderation.console.webhook_view import (
    EMPTY,
    ENVELOPES,
    EVENT_LABELS,
    AttemptView,
    Draft,
    EndpointView,
)
from moderation.deliveries import Attempt
from moderation.desk.webhooks import Changes, Webhooks
from moderation.domain import Role
from moderation.errors import (
    EndpointDisabledError,
    ModerationError,
    TooManyEndpointsError,
    UnknownEndpointError,
    UnknownMessageError,
    UnsuitableWebhookError,
)
from moderation.webhooks import Endpoint, Envelope

blueprint = console_blueprint("webhooks", __name__)

LIST = "/console/webhooks"
PAGE_ATTEMPTS = 25
PARKED_SHOWN = 25
#: What a form did → what the page of the endpoint then says.
DONE = {
    "saved": "Saved.",
    "enabled": "Messages are sent again, those first that waited meanwhile.",
    "disabled": "Nothing is sent any more; what happens from now on waits.",
    "replayed": "It will be sent again, under the same id.",
    "replayed-time": "What happened in that time will be sent again, under the same ids.",
    "replayed-parked": "All that is still kept will be sent again, under the same ids.",
}


@blueprint.get("/webhooks")
@needs(Role.ADMIN)
def show() -> Response:
    """The endpoints of the site."""
    return _list()


@blueprint.post("/webhooks")
@needs(Role.ADMIN)
def create() -> Response:
    """Makes an endpoint; its secret is shown in this answer and never again."""
    draft = _draft()
    try:
        made = _desk().create(
            me().actor, draft.url, events=draft.events, envelope=draft.envelope
        )
    except UnsuitableWebhookError as error:
        return _list(draft, errors={error.field: sentence(error)})
    except TooManyEndpointsError as error:
        return _list(draft, errors={"": sentence(error)})
    return _one(made, secret=made.secrets[0].value)


@blueprint.get("/webhooks/<endpoint_id>")
@needs(Role.ADMIN)
def show_one(endpoint_id: str) -> Response:
    """One endpoint: how it does, what it is told, what became of each message."""
    return _one(_found(endpoint_id))


@blueprint.post("/webhooks/<endpoint_id>")
@needs(Role.ADMIN)
def change(endpoint_id: str) -> BaseResponse:
    """Changes where an endpoint is, and what it is told."""
    draft = _draft()
    changes = Changes(url=draft.url, events=draft.events, envelope=draft.envelope)
    try:
        _desk().change(me().actor, endpoint_id, changes)
    except UnsuitableWebhookError as error:
        return _one(_found(endpoint_id), draft, errors={error.field: sentence(error)})
    return _back(endpoint_id, done="saved")


@blueprint.post("/webhooks/<endpoint_id>/enable")
@needs(Role.ADMIN)
def enable(endpoint_id: str) -> BaseResponse:
    """Lets messages be sent again."""
    _desk().change(me().actor, endpoint_id, Changes(is_enabled=True))
    return _back(endpoint_id, done="enabled")


@blueprint.post("/webhooks/<endpoint_id>/disable")
@needs(Role.ADMIN)
def disable(endpoint_id: str) -> BaseResponse:
    """Lets messages wait."""
    _desk().change(me().actor, endpoint_id, Changes(is_enabled=False))
    return _back(endpoint_id, done="disabled")


@blueprint.post("/webhooks/<endpoint_id>/rotate")
@needs(Role.ADMIN)
def rotate(endpoint_id: str) -> Response:
    """Makes a new secret and shows it once."""
    rotated = _desk().rotate(me().actor, endpoint_id)
    return _one(rotated, secret=rotated.secrets[0].value)


@blueprint.post("/webhooks/<endpoint_id>/ping")
@needs(Role.ADMIN)
def ping(endpoint_id: str) -> BaseResponse:
    """Sends a test message, and waits a few seconds for what becomes of it."""
    return _back(endpoint_id, pinged=_desk().ping(me().actor, endpoint_id).message)


@blueprint.post("/webhooks/<endpoint_id>/replay")
@needs(Role.ADMIN)
def replay(endpoint_id: str) -> BaseResponse:
    """Lets one message be sent again, those of a time, or all that were given up."""
    desk, actor, form = _desk(), me().actor, request.form
    if form.get("message"):
        desk.replay(actor, endpoint_id, form["message"])
        return _back(endpoint_id, done="replayed")
    if form.get("parked"):
        desk.replay_parked(actor, endpoint_id)
        return _back(endpoint_id, done="replayed-parked")
    first, last = _moment("from"), _moment("to")
    desk.replay_between(actor, endpoint_id, first, last)
    return _back(endpoint_id, done="replayed-time")


@blueprint.post("/webhooks/<endpoint_id>/remove")
@needs(Role.ADMIN)
def remove(endpoint_id: str) -> BaseResponse:
    """Removes an endpoint with all that waits for it."""
    _desk().remove(me().actor, endpoint_id)
    return redirect(f"{LIST}?done=removed", HTTPStatus.SEE_OTHER)


@blueprint.errorhandler(UnknownEndpointError)
def _unknown(_: UnknownEndpointError) -> Response:
    return page("console/not_found.html", HTTPStatus.NOT_FOUND, active="webhooks")


@blueprint.errorhandler(EndpointDisabledError)
def _disabled(error: EndpointDisabledError) -> Response:
    return _refused(error, HTTPStatus.CONFLICT)


@blueprint.errorhandler(UnknownMessageError)
def _unknown_message(error: UnknownMessageError) -> Response:
    return _refused(error, HTTPStatus.NOT_FOUND)


@blueprint.errorhandler(UnsuitableWebhookError)
def _unsuitable(error: UnsuitableWebhookError) -> Response:
    return _refused(error, HTTPStatus.UNPROCESSABLE_ENTITY)


def _refused(error: ModerationError, status: HTTPStatus) -> Response:
    where = f"{LIST}/{(request.view_args or {}).get('endpoint_id', '')}"
    return page(
        "console/forbidden.html",
        status,
        active="webhooks",
        title="Nothing was sent",
        detail=sentence(error),
        back=(where, "Back to the endpoint"),
    )


def _desk() -> Webhooks:
    here = services()
    return Webhooks(here.record, allow_private=here.settings.webhooks_allow_private)


def _found(endpoint_id: str) -> Endpoint:
    return services().record.webhooks.one(me().actor.site, endpoint_id)


def _back(endpoint_id: str, **told: str) -> BaseResponse:
    return redirect(f"{LIST}/{endpoint_id}?{urlencode(told)}", HTTPStatus.SEE_OTHER)


def _draft() -> Draft:
    """What the form holds, as far as it can be."""
    form = request.form
    return Draft(
        url=form.get("url", "").strip(),
        events=[one for one in EVENT_LABELS if one.value in form.getlist("events")],
        envelope=Envelope.CLOUDEVENTS
        if form.get("envelope") == Envelope.CLOUDEVENTS
        else Envelope.STANDARD,
    )


def _moment(name: str) -> datetime:
    """A time of the form, which is UTC.

    Raises:
        UnsuitableWebhookError: it cannot be read.
    """
    try:
        return datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=UTC)
    except ValueError:
        raise UnsuitableWebhookError(name, "write a time like 2026-11-28T09:30") from None


def _minute(moment: datetime) -> str:
    """A time as a form has it."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def _view(endpoint: Endpoint) -> EndpointView:
    return EndpointView(endpoint, services().record.webhooks.health(endpoint))


def _list(draft: Draft = EMPTY, *, errors: dict[str, str] | None = None) -> Response:
    webhooks = services().record.webhooks
    return page(
        "console/webhooks.html",
        _status(errors),
        endpoints=[_view(one) for one in webhooks.all(me().actor.site)],
        is_removed=request.args.get("done") == "removed",
        draft=draft,
        errors=errors or {},
        **_common(),
    )


def _one(
    endpoint: Endpoint,
    draft: Draft | None = None,
    *,
    secret: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    webhooks, view = services().record.webhooks, _view(endpoint)
    position = position_before() or ""
    log = webhooks.log(endpoint, before=position, limit=PAGE_ATTEMPTS)
    older = f"{view.page}?{urlencode({'before': log[-1][0]})}#log" if log else ""
    return page(
        "console/webhook.html",
        _status(errors),
        one=view,
        attempts=[AttemptView(one) for _, one in log],
        next_url=older if len(log) == PAGE_ATTEMPTS else None,
        first_url=f"{view.page}#log" if position else None,
        parked=[
            AttemptView(one.attempt) for one in webhooks.parked(endpoint, limit=PARKED_SHOWN)
        ],
        secret=secret,
        done=DONE.get(request.args.get("done", ""), ""),
        draft=draft or Draft(endpoint.url, endpoint.events, endpoint.envelope),
        errors=errors or {},
        yesterday=_minute(datetime.now(UTC) - timedelta(days=1)),
        now=_minute(datetime.now(UTC) + timedelta(minutes=1)),
        **_pinged(endpoint),
        **_common(),
    )


def _pinged(endpoint: Endpoint) -> dict[str, Any]:
    """What became of the test message that the page was asked to tell about."""
    message = request.args.get("pinged", "")
    if not message:
        return {"is_pinged": False, "pinged": None}
    found: Attempt | None = services().record.webhooks.attempt_of(endpoint, message, wait_s=0)
    return {"is_pinged": True, "pinged": AttemptView(found) if found else None}


def _common() -> dict[str, Any]:
    return {
        "active": "webhooks",
        "has_deliverer": services().record.webhooks.has_deliverer(),
        "events": EVENT_LABELS,
        "envelopes": ENVELOPES,
    }


def _status(errors: dict[str, str] | None) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
