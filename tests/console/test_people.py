"""The pages People and Preferences."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from moderation.domain import Role
from moderation.preferences import Blur, Theme
from moderation.record import Record, throttle
from moderation.record.audit import Wanted
from tests.console.visits import PASSWORD, Visit, admin, person

SECRET = re.compile(r'<output class="secret">([^<]+)</output>')


@pytest.fixture
def ada(app: Flask) -> Visit:
    """The admin."""
    return admin(app)


@pytest.fixture
def mia(app: Flask, record: Record) -> Visit:
    """A moderator."""
    return person(app, record, "mia", demo=Role.MODERATOR)


def shown_once(visit: Visit, path: str, **fields: str) -> str:
    """The secret that the answer to a form shows, and that no page shows again."""
    answer = visit.post(path, **fields)
    assert answer.status_code == 200
    found = SECRET.search(answer.text)
    assert found
    for page in ("/console/people", "/console/preferences"):
        assert found[1] not in visit.get(page).text
    return found[1]


class TestPeople:
    def test_an_admin_makes_somebody_who_can_then_sign_in(self, ada: Visit, app: Flask):
        password = shown_once(ada, "/console/people", name="lena", role="viewer")

        assert Visit(app).sign_in("lena", password).status_code == 303
        assert ">lena<" in ada.get("/console/people").text.replace("\n", "")

    @pytest.mark.parametrize(
        ("name", "role"),
        [("a b", "viewer"), ("", "viewer"), ("MIA", "viewer"), ("lena", "owner"), ("lena", "")],
    )
    def test_what_cannot_be_is_said_and_not_done(
        self, ada: Visit, mia: Visit, record: Record, name: str, role: str
    ):
        answer = ada.post("/console/people", name=name, role=role)

        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert [one.name for one in record.moderators.all()] == ["admin", "mia"]

    def test_somebody_from_another_site_keeps_their_password(
        self, ada: Visit, app: Flask, record: Record, other_site: str
    ):
        olga = person(app, record, "olga", other=Role.MODERATOR)

        answer = ada.post("/console/people", name="olga", role="viewer")

        assert not SECRET.search(answer.text)
        assert olga.is_signed_in
        assert record.moderators.get("olga").roles == {
            "demo": Role.VIEWER,
            "other": Role.MODERATOR,
        }

    def test_roles_are_changed_and_taken(self, ada: Visit, mia: Visit, record: Record):
        ada.post("/console/people/role", name="mia", role="admin")
        assert record.moderators.get("mia").roles == {"demo": Role.ADMIN}

        assert ada.post("/console/people/role", name="mia", role="owner").status_code == 422
        ada.post("/console/people/role", name="mia", role="none")
        assert record.moderators.get("mia").roles == {}
        assert not mia.is_signed_in

    def test_disabling_is_at_once_and_can_be_undone(self, ada: Visit, mia: Visit):
        ada.post("/console/people/disable", name="mia")
        assert not mia.is_signed_in
        assert mia.sign_in("mia").status_code == 401

        ada.post("/console/people/enable", name="mia")
        assert mia.sign_in("mia").status_code == 303

    def test_a_new_password_ends_sessions_and_the_old_one(self, ada: Visit, mia: Visit):
        password = shown_once(ada, "/console/people/password", name="mia")

        assert not mia.is_signed_in
        assert mia.sign_in("mia").status_code == 401
        assert mia.sign_in("mia", password).status_code == 303

    def test_revoking_ends_sessions_and_tokens(self, ada: Visit, mia: Visit, record: Record):
        token = shown_once(ada, "/console/people/token", name="mia")
        assert record.tokens.owner(token) == "mia"

        ada.post("/console/people/revoke", name="mia")

        assert record.tokens.owner(token) is None
        assert not mia.is_signed_in
        assert mia.sign_in("mia").status_code == 303

    def test_nobody_shuts_themselves_out(self, ada: Visit, record: Record):
        for path, fields in (
            ("role", {"role": "viewer"}),
            ("role", {"role": "none"}),
            ("disable", {}),
        ):
            answer = ada.post(f"/console/people/{path}", name="admin", **fields)
            assert answer.status_code == 403
        assert record.moderators.get("admin").is_active

    @pytest.mark.parametrize("what", ["password", "token", "revoke", "disable", "enable"])
    def test_the_account_of_another_site_s_admin_is_out_of_reach(
        self, ada: Visit, app: Flask, record: Record, other_site: str, what: str
    ):
        olga = person(app, record, "olga", other=Role.ADMIN, demo=Role.VIEWER)

        answer = ada.post(f"/console/people/{what}", name="olga")

        assert answer.status_code == 403
        assert not SECRET.search(answer.text)
        assert olga.is_signed_in
        record.moderators.set_role("admin", "other", Role.ADMIN)
        assert ada.post(f"/console/people/{what}", name="olga").status_code in {200, 303}

    @pytest.mark.parametrize("what", ["role", "password", "token", "revoke", "disable"])
    def test_who_is_not_of_the_site_is_not_there(
        self, ada: Visit, app: Flask, record: Record, other_site: str, what: str
    ):
        person(app, record, "olga", other=Role.MODERATOR)

        for name in ("olga", "nobody", ""):
            answer = ada.post(f"/console/people/{what}", name=name, role="viewer")
            assert answer.status_code == 404
        assert "olga" not in ada.get("/console/people").text

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR])
    def test_it_is_for_admins_alone(self, app: Flask, record: Record, role: Role):
        visit = person(app, record, "eve", demo=role)

        assert visit.get("/console/people").status_code == 403
        assert "/console/people" not in visit.get("/console/preferences").text
        for path in ("", "/role", "/disable", "/enable", "/password", "/token", "/revoke"):
            answer = visit.post(f"/console/people{path}", name="eve", role="admin")
            assert answer.status_code == 403
        assert record.moderators.get("eve").roles == {"demo": role}

    def test_the_menu_of_the_site_offers_to_each_what_they_may_open(
        self, ada: Visit, mia: Visit
    ):
        for visit, is_admin in ((ada, True), (mia, False)):
            page = visit.get("/console/audit").text
            assert '<a href="/console/audit" aria-current="page">Audit log</a>' in page
            for path in ("webhooks", "keys", "people"):
                assert (f'<a href="/console/{path}">' in page) is is_admin

    def test_each_act_is_in_the_audit_log_without_secrets(
        self, ada: Visit, mia: Visit, record: Record, caplog: pytest.LogCaptureFixture
    ):
        secrets = [
            shown_once(ada, "/console/people", name="lena", role="viewer"),
            shown_once(ada, "/console/people/password", name="mia"),
            shown_once(ada, "/console/people/token", name="mia"),
        ]
        ada.post("/console/people/role", name="mia", role="viewer")
        ada.post("/console/people/revoke", name="mia")
        ada.post("/console/people/disable", name="mia")

        entries = record.audit.page("demo", Wanted(who="admin")).entries
        told = [(one.what.value, one.subject, one.details) for one in entries[:6]]
        assert told == [
            ("people", "mia", {"did": "disabled"}),
            ("people", "mia", {"did": "revoked"}),
            ("people", "mia", {"did": "role", "role": "viewer"}),
            ("token", "mia", {}),
            ("people", "mia", {"did": "password"}),
            ("people", "lena", {"did": "created", "role": "viewer"}),
        ]
        assert not [one for one in secrets if one in f"{entries} {caplog.text}"]

    def test_an_act_on_an_account_is_told_to_all_its_sites(
        self, ada: Visit, app: Flask, record: Record, other_site: str
    ):
        person(app, record, "olga", other=Role.MODERATOR, demo=Role.VIEWER)
        record.moderators.set_role("admin", "other", Role.ADMIN)

        ada.post("/console/people/disable", name="olga")

        for site in ("demo", "other"):
            [newest, *_] = record.audit.page(site).entries
            assert newest.details == {"did": "disabled"}


class TestPreferences:
    def test_they_are_saved_and_hold_on_every_page(self, mia: Visit, record: Record):
        answer = mia.post(
            "/console/preferences",
            blur="all",
            theme="dark",
            grey="on",
            **{"key-approve": "y", "key-reject": "a", "key-undo": ""},
        )

        page = mia.get(answer.location).text
        assert "Saved." in page
        assert 'data-theme="dark" data-blur="all" data-grey' in page
        assert 'data-keys="off"' in page
        kept = record.moderators.get("mia").preferences
        assert (kept.blur, kept.theme, kept.grey, kept.keys) == (
            Blur.ALL,
            Theme.DARK,
            True,
            False,
        )
        assert kept.remapped == {"approve": "y", "reject": "a"}

    def test_keys_that_meet_are_shown_and_nothing_is_saved(self, mia: Visit, record: Record):
        answer = mia.post("/console/preferences", theme="dark", **{"key-approve": "r"})

        assert answer.status_code == 422
        assert "already stands for" in answer.text
        assert 'name="key-approve" value="r"' in answer.text
        assert record.moderators.get("mia").preferences.theme is Theme.AUTO

    def test_what_no_form_sends_is_ignored(self, mia: Visit, record: Record):
        mia.post("/console/preferences", blur="<script>", theme="pink", **{"key-aprove": "y"})

        kept = record.moderators.get("mia").preferences
        assert (kept.blur, kept.theme, kept.remapped) == (Blur.SEVERE, Theme.AUTO, {})

    @pytest.fixture
    def change(self, mia: Visit) -> Callable[..., object]:
        """Sends the form for a new password."""

        def send(old: str, new: str, again: str | None = None) -> object:
            return mia.post(
                "/console/preferences/password",
                old_password=old,
                new_password=new,
                repeated_password=new if again is None else again,
            )

        return send

    def test_a_new_password_ends_the_other_sessions(self, mia: Visit, app: Flask, change):
        elsewhere = Visit(app)
        elsewhere.sign_in("mia")

        assert change(PASSWORD, "another good one").status_code == 200

        assert mia.is_signed_in
        assert not elsewhere.is_signed_in
        assert elsewhere.sign_in("mia").status_code == 401
        assert elsewhere.sign_in("mia", "another good one").status_code == 303

    @pytest.mark.parametrize(
        ("old", "new", "again", "said"),
        [
            ("wrong", "another good one", None, "not your present password"),
            (PASSWORD, "short", None, "12 to 1,000 characters"),
            (PASSWORD, "x" * 1_001, None, "12 to 1,000 characters"),
            (PASSWORD, "another good one", "another bad one!", "differ"),
        ],
    )
    def test_what_cannot_be_a_new_password_changes_nothing(
        self,
        record: Record,
        change: Callable[..., object],
        old: str,
        new: str,
        again: str | None,
        said: str,
    ):
        answer = change(old, new, again)

        assert answer.status_code == 422
        assert said in answer.text
        assert record.moderators.with_password("mia", PASSWORD)

    def test_who_finds_a_browser_open_cannot_guess_the_password(self, change):
        for _ in range(throttle.TRIES_PER_NAME):
            change("wrong", "another good one")

        answer = change(PASSWORD, "another good one")

        assert answer.status_code == 422
        assert "wait" in answer.text

    def test_one_s_sessions_are_listed_and_ended(self, mia: Visit, app: Flask, record: Record):
        elsewhere = Visit(app)
        elsewhere.client.environ_base["HTTP_USER_AGENT"] = "<b>Lynx</b>"
        elsewhere.sign_in("mia")
        page = mia.get("/console/preferences").text
        assert "&lt;b&gt;Lynx" in page
        [other] = [one for one in record.sessions.of("mia") if "Lynx" in one.agent]

        mia.post("/console/preferences/end-session", session=other.id)

        assert not elsewhere.is_signed_in
        assert mia.is_signed_in

    def test_another_s_session_cannot_be_ended(self, mia: Visit, ada: Visit, record: Record):
        [session] = record.sessions.of("admin")

        mia.post("/console/preferences/end-session", session=session.id)

        assert ada.is_signed_in

    def test_one_makes_a_token_of_one_s_own(self, mia: Visit, record: Record):
        answer = mia.post("/console/preferences/token")

        found = SECRET.search(answer.text)
        assert found
        assert record.tokens.owner(found[1]) == "mia"
