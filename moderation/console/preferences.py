"""One's own settings: looks, keys, password, sessions, tokens."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from moderation import hostile
from moderation.access import needs
from moderation.api.base import services
from moderation.console.base import console_blueprint, me, page, sentence
from moderation.desk.people import LEAST_PASSWORD_CHARACTERS, People
from moderation.domain import Role
from moderation.errors import NotAllowedError, TooManyTriesError, UnsuitableError
from moderation.preferences import KEYS, Blur, Preferences, Theme, key_problems

blueprint = console_blueprint("preferences", __name__)

BLURS = {
    Blur.SEVERE: "severe comments",
    Blur.ALL: "every comment",
    Blur.NONE: "nothing",
}
THEMES = {Theme.AUTO: "as the device", Theme.LIGHT: "light", Theme.DARK: "dark"}
KEY_FIELD = "key-"
#: Mark in what a browser calls itself → its name. Many also carry the marks of later ones.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
AGENT_CHARACTERS = 60


@blueprint.get("/preferences")
def show() -> Response:
    """All of them."""
    return _page(done="Saved." if "saved" in request.args else "")


@blueprint.post("/preferences")
@needs(Role.VIEWER)
def save() -> BaseResponse:
    """Replaces how the console looks and which keys it takes."""
    wanted = _wanted()
    if problems := key_problems(wanted.remapped):
        return _page(preferences=wanted, problems=problems)
    People(services().record).set_preferences(me().name, wanted)
    return redirect(url_for("console_preferences.show", saved=""), HTTPStatus.SEE_OTHER)


@blueprint.post("/preferences/password")
@needs(Role.VIEWER)
def change_password() -> Response:
    """Replaces the password; ends the sessions in other browsers."""
    form = request.form
    if form.get("new_password") != form.get("repeated_password"):
        return _page(password_error="The two new passwords differ.")  # noqa: S106
    try:
        People(services().record).change_own_password(
            me().actor,
            me().session,
            old=form.get("old_password", ""),
            new=form.get("new_password", ""),
        )
    except (NotAllowedError, UnsuitableError, TooManyTriesError) as error:
        return _page(password_error=sentence(error))
    return _page(done="Your password is changed. You are signed out everywhere else.")


@blueprint.post("/preferences/token")
@needs(Role.VIEWER)
def make_token() -> Response:
    """Makes oneself a token and shows it once."""
    return _page(token=People(services().record).make_token(me().actor, me().name))


@blueprint.post("/preferences/end-session")
@needs(Role.VIEWER)
def end_session() -> BaseResponse:
    """Ends one of one's own sessions."""
    services().record.sessions.end(request.form.get("session", ""), me().name)
    return redirect(url_for("console_preferences.show"), HTTPStatus.SEE_OTHER)


def browser_name(agent: str) -> str:
    """What people call a browser that calls itself so: `Firefox on Linux`."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return hostile.one_line(agent, AGENT_CHARACTERS) or "A browser without a name"


def _wanted() -> Preferences:
    """What the form says; a field with something impossible in it keeps what it was."""
    form, before = request.form, me().preferences
    blur, theme = form.get("blur", ""), form.get("theme", "")
    keys = {
        name: form.get(KEY_FIELD + name, "").strip() or usual for name, usual in KEYS.items()
    }
    return Preferences(
        blur=Blur(blur) if blur in list(Blur) else before.blur,
        grey="grey" in form,
        theme=Theme(theme) if theme in list(Theme) else before.theme,
        keys="keys" in form,
        remapped={name: key for name, key in keys.items() if key != KEYS[name]},
    )


def _page(
    *,
    preferences: Preferences | None = None,
    problems: dict[str, str] | None = None,
    password_error: str = "",
    **shown: Any,
) -> Response:
    has_error = bool(problems or password_error)
    return page(
        "console/preferences.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if has_error else HTTPStatus.OK,
        active="preferences",
        preferences=preferences or me().preferences,
        problems=problems or {},
        password_error=password_error,
        least_characters=LEAST_PASSWORD_CHARACTERS,
        blurs=[(value.value, label) for value, label in BLURS.items()],
        themes=[(value.value, label) for value, label in THEMES.items()],
        sessions=[
            (one, browser_name(one.agent)) for one in services().record.sessions.of(me().name)
        ],
        **shown,
    )
