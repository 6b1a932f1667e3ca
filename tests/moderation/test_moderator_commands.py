"""The commands `moderation moderator`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main
from moderation.domain import Role
from moderation.record import Record
from tests.command_lines import told

PASSWORD = "correct horse battery"


@pytest.fixture
def run(runner: CliRunner, record: Record, redis_url: str):
    """Runs `moderation moderator …` beside the record."""

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        return runner.invoke(
            main,
            ["moderator", *arguments],
            env={"MODERATION_REDIS_URL": redis_url},
            input=stdin,
        )

    return invoke


def test_a_moderator_is_made_and_listed(run, record: Record):
    made = told(run("create", "mia", "--json"))
    assert (made["name"], made["site"], made["role"]) == ("mia", "demo", "moderator")
    assert record.moderators.with_password("mia", made["password"])

    listed = told(run("list", "--json"))
    assert [(one["name"], one["roles"], one["disabled"]) for one in listed] == [
        ("admin", {"demo": "admin"}, False),
        ("mia", {"demo": "moderator"}, False),
    ]
    assert "password" not in str(listed)
    assert "moderator of demo" in run("list").output


def test_the_password_is_shown_once_in_words_too(run, record: Record):
    lines = run("create", "mia", "--role", "viewer").output.splitlines()

    assert lines[0] == "mia is now viewer of the site demo"
    assert record.moderators.with_password("mia", lines[1].rpartition(": ")[2])


def test_a_password_may_come_from_stdin_and_is_then_not_shown(run, record: Record):
    result = run("create", "mia", "--password-stdin", stdin=f"{PASSWORD}\n")

    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert record.moderators.with_password("mia", PASSWORD)


def test_somebody_of_another_site_is_given_a_role_on_this_one(
    run, record: Record, other_site: str
):
    before = told(run("create", "mia", "--site", "other", "--json"))

    added = told(run("create", "mia", "--role", "admin", "--json"))

    assert "password" not in added
    assert record.moderators.with_password("mia", before["password"])
    assert record.moderators.get("mia").roles == {"demo": Role.ADMIN, "other": Role.MODERATOR}


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["create", "a b"], None, "letters, digits"),
        (["create", "admin"], None, "role on this site already"),
        (["create", "ADMIN"], None, "exists already"),
        (["create", "mia", "--site", "none"], None, "site list"),
        (["create", "mia", "--role", "owner"], None, "'viewer', 'moderator', 'admin'"),
        (["create", "mia", "--password-stdin"], "short\n", "12 to 1,000 characters"),
        (["create", "mia", "--password-stdin"], "", "no password"),
        (["token", "nobody"], None, "no moderator 'nobody'"),
        (["disable", "nobody"], None, "no moderator 'nobody'"),
        (["enable", "nobody"], None, "no moderator 'nobody'"),
        (["reset-password", "nobody"], None, "no moderator 'nobody'"),
        (["revoke", "nobody"], None, "no moderator 'nobody'"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    run, record: Record, arguments: list[str], stdin: str | None, said: str
):
    result = run(*arguments, stdin=stdin)

    assert result.exit_code in {1, 2}
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert [one.name for one in record.moderators.all()] == ["admin"]


def test_a_token_works_until_it_is_revoked(run, record: Record):
    token = told(run("token", "admin", "--json"))["token"]
    assert record.tokens.owner(token) == "admin"
    assert run("token", "admin").output.startswith("token of the moderator admin (shown once)")
    record.sessions.start("admin")

    revoked = told(run("revoke", "admin", "--json"))

    assert revoked == {"name": "admin", "sessions": 1, "tokens": 2}
    assert record.tokens.owner(token) is None
    assert record.sessions.of("admin") == []


def test_disabling_shuts_out_at_once_and_enabling_lets_in(run, record: Record):
    secret = record.sessions.start("admin")

    assert told(run("disable", "admin", "--json")) == {"name": "admin", "disabled": True}
    assert record.sessions.open(secret) is None
    assert not record.moderators.get("admin").is_active
    assert "(disabled)" in run("list").output

    assert run("enable", "admin").output == "admin is enabled\n"
    assert record.moderators.get("admin").is_active


def test_a_password_is_replaced(run, record: Record):
    made = told(run("reset-password", "admin", "--json"))["password"]

    assert record.moderators.with_password("admin", made)


def test_what_the_operator_did_is_in_the_audit_log(run, record: Record):
    made = told(run("create", "mia", "--json"))
    token = told(run("token", "mia", "--json"))["token"]
    run("disable", "mia")

    entries = record.audit.page("demo").entries
    assert [(one.who, one.what, one.subject) for one in entries] == [
        ("command line", "people", "mia"),
        ("command line", "token", "mia"),
        ("command line", "people", "mia"),
    ]
    assert made["password"] not in str(entries)
    assert token not in str(entries)


def test_each_explains_itself(runner: CliRunner):
    for command in ("create", "list", "token", "disable", "enable", "reset-password", "revoke"):
        result = runner.invoke(main, ["moderator", command, "--help"])
        assert result.exit_code == 0
        assert "--json" in result.output
