"""Moderators' accounts, their passwords and tokens."""

from __future__ import annotations

import threading
import time

import pytest
from argon2 import PasswordHasher
from werkzeug.security import generate_password_hash

from moderation.domain import Role
from moderation.encoding import compact_json
from moderation.errors import ModeratorExistsError, UnknownModeratorError
from moderation.preferences import Blur, Preferences, Theme, key_problems
from moderation.record import Record, passwords
from moderation.record.moderators import Moderator
from tests.whole_redis import everything

#: The tests' own is a quick one; this is read before they put it there.
SHIPPED = passwords.HASHER
PASSWORD = "correct horse battery"


@pytest.fixture
def mia(record: Record) -> Moderator:
    return record.moderators.create("mia", {"demo": Role.MODERATOR}, PASSWORD)


def test_a_name_and_its_password_open_the_account(record: Record, mia: Moderator):
    found = record.moderators.with_password("mia", PASSWORD)

    assert found is not None
    assert (found.name, found.roles) == ("mia", {"demo": Role.MODERATOR})


@pytest.mark.parametrize(
    ("name", "password"),
    [("mia", "wrong"), ("mia", ""), ("nobody", PASSWORD), ("", ""), ("Mia", PASSWORD)],
)
def test_nothing_else_does(record: Record, mia: Moderator, name: str, password: str):
    assert record.moderators.with_password(name, password) is None


def test_a_lone_surrogate_in_a_password_is_a_character_like_others(record: Record):
    record.moderators.create("odd", {"demo": Role.VIEWER}, "a\ud800b")

    assert record.moderators.with_password("odd", "a\ud800b")
    assert record.moderators.with_password("odd", "ab") is None


def test_a_disabled_account_and_one_without_a_site_stay_shut(record: Record, mia: Moderator):
    record.moderators.set_disabled("mia", disabled=True)
    assert record.moderators.with_password("mia", PASSWORD) is None

    record.moderators.set_disabled("mia", disabled=False)
    assert record.moderators.with_password("mia", PASSWORD)

    record.moderators.set_role("mia", "demo", None)
    assert record.moderators.with_password("mia", PASSWORD) is None


def test_an_unknown_name_takes_as_long_as_a_wrong_password(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    # Given hashes that take a while
    slow = PasswordHasher(time_cost=8, memory_cost=8 * 1024, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", slow)
    passwords.decoy.cache_clear()
    record.moderators.create("mia", {"demo": Role.MODERATOR}, PASSWORD)
    passwords.decoy()

    def seconds(name: str) -> float:
        begun = time.thread_time()
        record.moderators.with_password(name, "wrong")
        return time.thread_time() - begun

    # When
    known = min(seconds("mia") for _ in range(5))
    unknown = min(seconds("nobody") for _ in range(5))
    passwords.decoy.cache_clear()

    # Then
    assert known / 2 < unknown < known * 2


def test_the_shipped_hashes_are_what_owasp_asks_for():
    assert (SHIPPED.type.name, SHIPPED.time_cost, SHIPPED.memory_cost) == ("ID", 2, 19_456)


def test_a_hash_made_in_another_way_is_replaced_at_the_next_sign_in(
    record: Record, mia: Moderator, monkeypatch: pytest.MonkeyPatch
):
    newer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", newer)

    assert record.moderators.with_password("mia", PASSWORD)

    after = record.moderators.get("mia").password_hash
    assert after != mia.password_hash
    assert "m=16,t=2" in after
    assert record.moderators.with_password("mia", PASSWORD)


def test_an_account_of_an_earlier_service_still_opens(record: Record):
    stored = {
        "site": "demo",
        "role": "admin",
        "password_hash": generate_password_hash(PASSWORD),
        "created_at": "2026-11-01T00:00:00.000Z",
    }
    record.connection.hset("moderation:{0}:moderators", "old", compact_json(stored))

    assert record.moderators.with_password("old", "wrong") is None
    found = record.moderators.with_password("old", PASSWORD)

    assert found is not None
    assert found.roles == {"demo": Role.ADMIN}
    assert found.password_hash.startswith("$argon2id$")


@pytest.mark.parametrize("name", ["mia", "Mia", "MIA"])
def test_a_name_is_given_once_whatever_its_capitals(record: Record, mia: Moderator, name: str):
    with pytest.raises(ModeratorExistsError):
        record.moderators.create(name, {"demo": Role.ADMIN}, "something else")

    assert record.moderators.with_password("mia", PASSWORD)


def test_roles_are_one_for_each_site(record: Record, mia: Moderator):
    record.moderators.set_role("mia", "news", Role.ADMIN)
    assert record.moderators.get("mia").roles == {"demo": Role.MODERATOR, "news": Role.ADMIN}

    record.moderators.set_role("mia", "demo", None)
    assert record.moderators.get("mia").roles == {"news": Role.ADMIN}


def test_changes_at_the_same_time_are_all_kept(record: Record, mia: Moderator):
    sites = [f"site-{n}" for n in range(8)]
    threads = [
        threading.Thread(target=record.moderators.set_role, args=("mia", site, Role.VIEWER))
        for site in sites
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(record.moderators.get("mia").roles) == {"demo", *sites}


def test_what_is_done_to_nobody_is_an_error(record: Record):
    with pytest.raises(UnknownModeratorError):
        record.moderators.set_password("nobody", PASSWORD)
    with pytest.raises(UnknownModeratorError):
        record.moderators.get("nobody")
    assert record.moderators.find("nobody") is None


def test_preferences_come_back_as_they_were_set(record: Record, mia: Moderator):
    assert mia.preferences == Preferences()
    wanted = Preferences(Blur.ALL, True, Theme.DARK, False, {"approve": "y"})

    record.moderators.set_preferences("mia", wanted)

    found = record.moderators.get("mia").preferences
    assert found == wanted
    assert found.keymap["approve"] == "y"
    assert found.keymap["reject"] == "r"


@pytest.mark.parametrize(
    ("remapped", "wrong"),
    [
        ({"approve": "y"}, []),
        ({"approve": "r", "reject": "a"}, []),
        ({"approve": "r"}, ["approve"]),
        ({"approve": "1"}, ["approve"]),
        ({"approve": ""}, ["approve"]),
        ({"approve": " "}, ["approve"]),
        ({"approve": "ab"}, ["approve"]),
        ({"aprove": "y"}, ["aprove"]),
    ],
)
def test_keys_that_cannot_be_are_named(remapped: dict[str, str], wrong: list[str]):
    assert list(key_problems(remapped)) == wrong


def test_a_token_is_good_until_it_is_revoked(record: Record, mia: Moderator):
    first, second = record.tokens.issue("mia"), record.tokens.issue("mia")
    others = record.tokens.issue("lena")

    assert first.startswith("modtok_")
    assert first != second
    assert record.tokens.owner(first) == record.tokens.owner(second) == "mia"
    assert record.tokens.counts() == {"mia": 2, "lena": 1}

    assert record.tokens.revoke_all("mia") == 2
    assert record.tokens.owner(first) is record.tokens.owner(second) is None
    assert record.tokens.owner(others) == "lena"
    assert record.tokens.revoke_all("mia") == 0


def test_neither_passwords_nor_tokens_nor_sessions_are_kept(record: Record, mia: Moderator):
    secrets = [PASSWORD, record.tokens.issue("mia"), record.sessions.start("mia")]

    stored = list(everything(record.connection))

    assert stored
    assert not [one for one in stored for secret in secrets if secret in one]
    assert "argon2" not in repr(mia)
