"""Somebody at the console without a browser: signs in, and sends forms as a page would."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.domain import Role
from moderation.record import Record
from tests.conftest import ADMIN_PASSWORD

PASSWORD = "a password of the tests"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visit:
    """One browser with its cookies."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Sends the sign-in form."""
        return self.client.post(
            "/console/sign-in", data={"name": name, "password": password, **fields}
        )

    def get(self, path: str, **options: Any) -> TestResponse:
        """Opens a page."""
        return self.client.get(path, **options)

    def post(self, path: str, headers: Any = None, **fields: str) -> TestResponse:
        """Sends a form of one of our pages."""
        data = {"csrf_token": self.csrf_token, **fields}
        return self.client.post(path, data=data, headers=headers)

    @property
    def csrf_token(self) -> str:
        """What the forms of this session carry."""
        found = CSRF.search(self.get("/console/preferences").text)
        assert found, "not signed in"
        return found[1]

    @property
    def secret(self) -> str:
        """What the session's cookie holds."""
        cookie = self.client.get_cookie("moderation_session")
        return cookie.value if cookie else ""

    @property
    def is_signed_in(self) -> bool:
        """Whether pages are shown."""
        return self.get("/console/preferences").status_code == 200


def person(app: Flask, record: Record, name: str, **roles: Role) -> Visit:
    """A new moderator, signed in."""
    record.moderators.create(name, roles or {"demo": Role.MODERATOR}, PASSWORD)
    visit = Visit(app)
    assert visit.sign_in(name).status_code == 303
    return visit


def admin(app: Flask) -> Visit:
    """The first admin, signed in."""
    visit = Visit(app)
    assert visit.sign_in("admin", ADMIN_PASSWORD).status_code == 303
    return visit
