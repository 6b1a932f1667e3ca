"""Signing in and out, and what a session does and does not allow."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.api_keys import key_digest
from moderation.app import create_app
from moderation.console.returning import HOME, local_path
from moderation.domain import Role
from moderation.record import Record, sessions, throttle
from moderation.settings import Settings
from tests.api.test_redis_away import OwnServer, own
from tests.conftest import ADMIN_PASSWORD, close
from tests.console.visits import PASSWORD, Visit, admin, person

__all__ = ["own"]

FORWARDED = {"X-Forwarded-For": "192.0.2.9, 192.0.2.1", "X-Forwarded-Proto": "https"}
DECISION = "/console/comments/c%2F1/decision"
FIELDS = {
    "action": "reject",
    "reason": "SPAM",
    "note": "a “note” & more",
    "expected_revision": "3",
}


@pytest.fixture
def mia(app: Flask, record: Record) -> Visit:
    """A moderator who is signed in."""
    return person(app, record, "mia", demo=Role.MODERATOR)


def next_page(answer: TestResponse) -> str:
    """Where a redirect to the sign-in page wants to go afterwards."""
    where = urlsplit(answer.headers.get("Location") or answer.headers["HX-Redirect"])
    assert where.path == "/console/sign-in"
    return parse_qs(where.query)["next"][0]


class TestSigningIn:
    def test_name_and_password_open_the_page_that_was_asked_for(self, app: Flask):
        visit = Visit(app)
        asked = next_page(visit.get("/console/people?x=1&y=%22"))
        form = visit.get("/console/sign-in", query_string={"next": asked}).text
        assert f'name="next" value="{escape(asked)}"' in form

        answer = visit.sign_in("admin", ADMIN_PASSWORD, next=asked)

        assert (answer.status_code, answer.location) == (303, asked)
        assert visit.get(answer.location).status_code == 200

    @pytest.mark.parametrize(
        ("name", "password"), [("admin", "wrong"), ("nobody", ADMIN_PASSWORD), ("", "")]
    )
    def test_anything_else_is_refused_with_the_same_words(
        self, app: Flask, name: str, password: str
    ):
        visit = Visit(app)

        answer = visit.sign_in(name, password)

        assert answer.status_code == 401
        assert "do not belong together" in answer.text
        assert "Set-Cookie" not in answer.headers
        assert not password or password not in answer.text
        assert not visit.is_signed_in

    def test_the_cookie_is_for_this_site_s_pages_alone(self, app: Flask):
        cookie = Visit(app).sign_in("admin", ADMIN_PASSWORD).headers["Set-Cookie"]

        assert cookie.startswith("moderation_session=")
        parts = set(cookie.split("; ")[1:])
        assert parts == {"HttpOnly", "Path=/", "SameSite=Lax"}

    def test_over_https_it_never_leaves_https(self, app: Flask):
        answer = app.test_client().post(
            "/console/sign-in",
            data={"name": "admin", "password": ADMIN_PASSWORD},
            base_url="https://moderation.example",
        )

        assert "Secure" in answer.headers["Set-Cookie"].split("; ")

    def test_a_secret_that_was_in_the_browser_before_is_not_taken_over(self, app: Flask):
        visit = Visit(app)
        visit.client.set_cookie("moderation_session", "planted")

        visit.sign_in("admin", ADMIN_PASSWORD)

        assert visit.secret != "planted"
        other = Visit(app)
        other.client.set_cookie("moderation_session", "planted")
        assert not other.is_signed_in

    def test_each_sign_in_has_a_secret_of_its_own(self, app: Flask):
        visit = admin(app)
        before = visit.secret

        visit.sign_in("admin", ADMIN_PASSWORD)

        assert visit.secret != before

    def test_a_form_of_another_site_cannot_sign_anybody_in(self, app: Flask):
        form = {"name": "admin", "password": ADMIN_PASSWORD}
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        ):
            answer = app.test_client().post("/console/sign-in", data=form, headers=headers)
            assert answer.status_code == 403
            assert "Set-Cookie" not in answer.headers
        answer = app.test_client().post(
            "/console/sign-in", data=form, headers={"Origin": "http://localhost"}
        )
        assert answer.status_code == 303

    def test_who_is_signed_in_is_sent_on(self, mia: Visit):
        answer = mia.get("/console/sign-in?next=/console/figures")

        assert answer.location == "/console/figures"

    @pytest.mark.parametrize(
        "address",
        [
            "//evil.example",
            "https://evil.example/console/",
            "/\\evil.example",
            "/console/\\evil",
            "/console/\nx",
            "/console",
            "/consolex/",
            "javascript:alert(1)",
            "/v1/queue",
            "/console/sign-in?next=/console/queue",
            "",
        ],
    )
    def test_nobody_is_led_elsewhere(self, app: Flask, address: str):
        assert local_path(address) == HOME
        answer = Visit(app).sign_in("admin", ADMIN_PASSWORD, next=address)
        assert answer.location == HOME

    def test_too_many_tries_have_to_wait_whichever_process_they_reach(
        self, app: Flask, settings: Settings
    ):
        second = create_app(settings)
        for number in range(throttle.TRIES_PER_NAME):
            Visit((app, second)[number % 2]).sign_in("admin", "wrong")

        answer = Visit(second).sign_in("admin", ADMIN_PASSWORD)

        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= throttle.FIRST_WAIT_S
        assert f"Wait {answer.headers['Retry-After']} seconds" in answer.text
        close(second)

    def test_who_signs_in_well_starts_anew(self, app: Flask):
        for _ in range(3):
            for _ in range(throttle.TRIES_PER_NAME - 1):
                Visit(app).sign_in("admin", "wrong")
            assert Visit(app).sign_in("admin", ADMIN_PASSWORD).status_code == 303

    def test_audit_and_log_tell_of_it_without_secrets(
        self, app: Flask, record: Record, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level(logging.DEBUG)
        visit = Visit(app)
        visit.sign_in("admin", "a wrong password")
        visit.sign_in("hunter2-in-the-wrong-field", "x")
        visit.sign_in("admin", ADMIN_PASSWORD)
        secret = visit.secret
        visit.post("/console/sign-out")

        entries = record.audit.page("demo").entries
        assert [(one.who, one.what) for one in entries] == [
            ("admin", "sign_out"),
            ("admin", "sign_in"),
            ("admin", "sign_in_refused"),
        ]
        told = f"{entries} {caplog.text}"
        for hidden in (ADMIN_PASSWORD, "a wrong password", "hunter2", secret):
            assert hidden not in told

    def test_the_form_needs_no_session_and_keeps_the_name(self, app: Flask):
        page = Visit(app).get("/console/sign-in")
        assert page.status_code == 200
        assert "<nav" not in page.text
        assert "Sign in with" not in page.text

        again = Visit(app).sign_in('<b>"x', "wrong")
        assert 'value="&lt;b&gt;&#34;x"' in again.text


class TestSession:
    def test_without_one_every_page_asks_to_sign_in(self, app: Flask):
        client = app.test_client()
        seen = 0
        for rule in app.url_map.iter_rules():
            if not rule.endpoint.startswith("console_"):
                continue
            if getattr(app.view_functions[rule.endpoint], "open_to_all", False):
                continue
            path = rule.rule.replace("<opaque:", "").replace("<", "").replace(">", "")
            for method in (rule.methods or set()) & {"GET", "POST"}:
                answer = client.open(path, method=method)
                assert answer.status_code == 303, path
                assert answer.location.startswith("/console/sign-in?next=%2Fconsole%2F")
                seen += 1
        assert seen > 10

    def test_signing_out_ends_it_for_good(self, mia: Visit):
        secret = mia.secret

        answer = mia.post("/console/sign-out")

        assert answer.location == "/console/sign-in"
        assert mia.secret == ""
        mia.client.set_cookie("moderation_session", secret)
        assert not mia.is_signed_in

    def test_one_that_is_revoked_is_over(self, mia: Visit, record: Record):
        assert mia.is_signed_in

        record.sessions.end_all("mia")

        assert not mia.is_signed_in

    def test_who_is_disabled_is_out_at_once_and_the_session_stays_dead(
        self, mia: Visit, app: Flask, record: Record
    ):
        admin(app).post("/console/people/disable", name="mia")
        assert not mia.is_signed_in

        record.moderators.set_disabled("mia", disabled=False)
        assert not mia.is_signed_in

    def test_who_loses_the_last_role_is_out(self, mia: Visit, record: Record):
        record.moderators.set_role("mia", "demo", None)

        assert not mia.is_signed_in

    def test_a_changed_role_holds_at_once(self, mia: Visit, record: Record):
        assert mia.get("/console/people").status_code == 403

        record.moderators.set_role("mia", "demo", Role.ADMIN)

        assert mia.get("/console/people").status_code == 200

    def test_one_of_another_service_s_making_is_none(self, app: Flask):
        visit = Visit(app)
        for made_up in ("x", "a" * 3_000, key_digest("x")):
            visit.client.set_cookie("moderation_session", made_up)
            assert not visit.is_signed_in

    def test_pages_are_not_kept_and_run_no_code_of_others(self, mia: Visit):
        for path in ("/console/preferences", "/console/people", "/console/nowhere"):
            headers = mia.get(path).headers
            assert headers["Cache-Control"] == "no-store"
            assert "script-src 'self'" in headers["Content-Security-Policy"]
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"

    def test_a_page_that_is_not_there_is_a_page_that_says_so(self, mia: Visit, app: Flask):
        for visit in (mia, Visit(app)):
            answer = visit.get("/console/no/such/page")
            assert answer.status_code == 404
            assert answer.mimetype == "text/html"


class TestForms:
    @pytest.mark.parametrize("token", [None, "", "wrong", "ä"])
    def test_one_without_the_token_does_nothing(
        self, mia: Visit, record: Record, token: str | None
    ):
        fields = {"theme": "dark"} | ({} if token is None else {"csrf_token": token})

        answer = mia.client.post("/console/preferences", data=fields)

        assert answer.status_code == 403
        assert "Nothing was done" in answer.text
        assert record.moderators.get("mia").preferences.theme == "auto"

    def test_the_token_of_another_session_is_no_good(self, app: Flask, mia: Visit):
        other = admin(app).csrf_token

        answer = mia.client.post("/console/preferences", data={"csrf_token": other})

        assert answer.status_code == 403

    def test_it_may_come_in_a_header(self, mia: Visit):
        headers = {"X-CSRF-Token": mia.csrf_token}

        answer = mia.client.post("/console/preferences", data={}, headers=headers)

        assert answer.status_code == 303

    def test_a_form_sent_from_another_site_is_refused_even_with_it(self, mia: Visit):
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert mia.post("/console/preferences", headers=headers).status_code == 403

    def test_every_form_is_guarded(self, app: Flask, mia: Visit):
        seen = 0
        for rule in app.url_map.iter_rules():
            if rule.endpoint.startswith("console_") and "POST" in (rule.methods or set()):
                if rule.endpoint == "console_signin.sign_in":
                    continue
                path = rule.rule.replace("<opaque:", "").replace("<", "").replace(">", "")
                assert mia.client.post(path, data={}).status_code == 403, path
                seen += 1
        assert seen > 5

    def test_a_viewer_sends_none_but_their_own(self, app: Flask, record: Record):
        vera = person(app, record, "vera", demo=Role.VIEWER)
        own = {
            "console_signin.sign_in",
            "console_signin.sign_out",
            "console_signin.choose_site",
            "console_preferences.save",
            "console_preferences.change_password",
            "console_preferences.make_token",
            "console_preferences.end_session",
            "console_policy.words",  # these two try something, and change nothing
            "console_policy.effect",
        }
        token = vera.csrf_token
        for rule in app.url_map.iter_rules():
            if rule.endpoint.startswith("console_") and "POST" in (rule.methods or set()):
                if rule.endpoint in own:
                    continue
                path = rule.rule.replace("<opaque:", "").replace("<", "").replace(">", "")
                answer = vera.client.post(path, data={"csrf_token": token})
                assert answer.status_code == 403, path
                assert "You may not do that" in answer.text
        assert vera.post("/console/preferences").status_code == 303


class TestSites:
    @pytest.fixture
    def both(self, app: Flask, record: Record, other_site: str) -> Visit:
        """Somebody with two sites."""
        return person(app, record, "bea", demo=Role.VIEWER, other=Role.ADMIN)

    def test_the_first_is_looked_at_until_another_is_chosen(self, both: Visit):
        assert both.get("/console/people").status_code == 403

        answer = both.post("/console/site", site="other")

        assert answer.location == HOME
        assert "People of other" in both.get("/console/people").text

    def test_one_s_own_sites_alone_can_be_chosen(self, mia: Visit, other_site: str):
        answer = mia.post("/console/site", site="other")

        assert answer.status_code == 403
        assert "moderator of demo." in mia.get("/console/preferences").text

    def test_the_choice_falls_back_when_the_role_is_taken(self, both: Visit, record: Record):
        both.post("/console/site", site="other")

        record.moderators.set_role("bea", "other", None)

        assert both.get("/console/people").status_code == 403
        assert both.is_signed_in


class TestExpiredInTheMiddle:
    """The session ends while a comment is open; what was decided is not lost."""

    def test_a_decision_goes_along_and_comes_back(self, app: Flask, record: Record):
        visit = Visit(app)

        asked = next_page(visit.client.post(DECISION, data={"csrf_token": "old", **FIELDS}))

        parts = urlsplit(asked)
        assert parts.path == "/console/comments/c/1"
        assert {name: found[0] for name, found in parse_qs(parts.query).items()} == FIELDS
        answer = visit.sign_in("admin", ADMIN_PASSWORD, next=asked)
        assert answer.location == asked

    def test_a_script_is_told_where_to_go_instead_of_being_led_there(self, app: Flask):
        answer = app.test_client().post(DECISION, data=FIELDS, headers={"HX-Request": "true"})

        assert answer.status_code == 401
        assert "Location" not in answer.headers
        assert next_page(answer).startswith("/console/comments/c/1?action=reject")

    @pytest.mark.parametrize("comment_id", ["a?b", "a%2Fb", "a#b", "ü", "a//b", "a b"])
    def test_whatever_the_comment_is_called(self, app: Flask, comment_id: str):
        path = f"/console/comments/{quote(comment_id)}/decision"

        asked = next_page(app.test_client().post(path, data={"action": "approve"}))

        assert unquote(urlsplit(asked).path) == f"/console/comments/{comment_id}"
        assert local_path(asked) == asked

    def test_a_long_note_fits_into_an_address(self, app: Flask):
        form = {**FIELDS, "note": "ü" * 2_000}

        answer = app.test_client().post(DECISION, data=form)

        assert len(answer.location) < 4_000
        note = parse_qs(urlsplit(next_page(answer)).query)["note"][0]
        assert len(note) > 100
        assert set(note) == {"ü"}

    @pytest.mark.parametrize(
        ("headers", "asked"),
        [
            ({"Referer": "http://localhost/console/figures?d=7"}, "/console/figures?d=7"),
            ({"HX-Current-URL": "http://localhost/console/audit"}, "/console/audit"),
            ({"Referer": "https://evil.example/console/figures"}, HOME),
            ({}, HOME),
        ],
    )
    def test_other_forms_lead_back_to_their_page(
        self, app: Flask, headers: dict[str, str], asked: str
    ):
        answer = app.test_client().post("/console/people/disable", headers=headers)

        assert next_page(answer) == asked

    def test_a_page_left_open_does_not_keep_the_session_awake(self, mia: Visit, record: Record):
        key = f"moderation:{{0}}:session:{key_digest(mia.secret)}"
        token = mia.csrf_token
        by_script = {"HX-Request": "true", "X-CSRF-Token": token}
        record.connection.expire(key, 1_000)

        mia.get("/console/queue/news?since=0", headers=by_script)
        mia.client.post("/console/comments/c1/claim", headers=by_script)
        assert record.connection.ttl(key) <= 1_000

        mia.client.post("/console/comments/c1/decision", headers=by_script)
        assert record.connection.ttl(key) > 1_000

    def test_it_is_over_when_idle(self, mia: Visit, record: Record):
        record.connection.delete(f"moderation:{{0}}:session:{key_digest(mia.secret)}")

        assert next_page(mia.get("/console/preferences")) == "/console/preferences"
        assert sessions.IDLE_S == 12 * 3600


class TestRedisAway:
    def test_pages_say_so_come_back_by_themselves_and_lose_nothing(self, own: OwnServer):
        # Given
        visit = Visit(own.app)
        visit.sign_in("admin", "p")
        token = visit.csrf_token
        own.stop()

        # When
        shown = visit.get("/console/preferences?x=1")
        sent = visit.client.post(DECISION, data={"csrf_token": token, **FIELDS})
        password = visit.client.post("/console/sign-in", data={"name": "a", "password": "p"})

        # Then
        for answer in (shown, sent, password):
            assert answer.status_code == 503
            assert answer.mimetype == "text/html"
            assert "out of reach" in answer.text
        assert shown.headers["Refresh"] == shown.headers["Retry-After"] == "3"
        assert "Refresh" not in sent.headers
        assert 'action="/console/comments/c/1/decision' in sent.text
        assert 'name="reason" value="SPAM"' in sent.text
        assert "Send it again" not in password.text

        # When
        own.start()

        # Then
        assert visit.is_signed_in


class TestBehindAProxy:
    @pytest.fixture
    def proxied(self, settings: Settings, record: Record) -> Iterator[FlaskClient]:
        app = create_app(replace(settings, trusted_proxies=1))
        yield app.test_client()
        close(app)

    def sign_in(self, client: FlaskClient) -> str:
        answer = client.post(
            "/console/sign-in",
            data={"name": "admin", "password": ADMIN_PASSWORD},
            headers=FORWARDED,
        )
        return answer.headers["Set-Cookie"]

    def test_the_nearest_is_believed_and_nobody_before_it(
        self, proxied: FlaskClient, record: Record
    ):
        assert "Secure" in self.sign_in(proxied)
        assert record.sessions.of("admin")[0].address == "192.0.2.0"

    def test_by_default_nobody_is_believed(self, app: Flask, record: Record):
        assert "Secure" not in self.sign_in(app.test_client())
        assert record.sessions.of("admin")[0].address == "127.0.0.0"


def test_a_name_in_a_refused_form_is_nothing_but_text(app: Flask):
    answer = Visit(app).sign_in("<script>alert(1)</script>", PASSWORD)

    assert "<script>alert" not in answer.text
