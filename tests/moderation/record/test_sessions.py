"""Sessions and how often one may try to begin one."""

from __future__ import annotations

import threading

import pytest

from moderation.api_keys import key_digest
from moderation.errors import TooManyTriesError
from moderation.record import Record, sessions, throttle


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """Moves the clock of this process."""

    def move(seconds: float) -> None:
        now = sessions.time()
        monkeypatch.setattr(sessions, "time", lambda: now + seconds)

    return move


class TestSession:
    def test_its_secret_opens_it_and_nothing_else_does(self, record: Record):
        secret = record.sessions.start("mia", address="192.0.2.1", agent="Firefox")

        session = record.sessions.open(secret)

        assert session is not None
        assert (session.name, session.address, session.agent) == ("mia", "192.0.2.1", "Firefox")
        assert len(session.csrf_token) > 30
        assert session.id == key_digest(secret)
        for other in ("", "x", session.id, secret[:-1], secret + "x"):
            assert record.sessions.open(other) is None

    def test_no_two_share_anything(self, record: Record):
        opened = [record.sessions.open(record.sessions.start("mia")) for _ in range(2)]

        assert len({one.id for one in opened}) == len({one.csrf_token for one in opened}) == 2

    def test_it_ends_when_it_is_idle(self, record: Record):
        secret = record.sessions.start("mia")
        key = f"moderation:{{0}}:session:{key_digest(secret)}"
        assert 0 < record.connection.ttl(key) <= sessions.IDLE_S

        # Given a while without a request, what comes starts the time anew
        record.connection.expire(key, 1000)
        assert record.sessions.open(secret)
        assert record.connection.ttl(key) > 1000

        record.connection.pexpire(key, 1)
        threading.Event().wait(0.01)
        assert record.sessions.open(secret) is None

    def test_it_ends_after_a_week_however_busy(self, record: Record, later):
        secret = record.sessions.start("mia")

        later(sessions.LIFE_S - 5)
        assert record.sessions.open(secret)
        later(10)
        assert record.sessions.open(secret) is None
        assert record.sessions.of("mia") == []

    def test_it_remembers_the_site(self, record: Record):
        secret = record.sessions.start("mia")

        record.sessions.choose_site(record.sessions.open(secret), "news")

        assert record.sessions.open(secret).site == "news"

    def test_one_that_ended_is_not_brought_back_by_choosing_a_site(self, record: Record):
        secret = record.sessions.start("mia")
        session = record.sessions.open(secret)
        record.sessions.end(session.id, "mia")

        record.sessions.choose_site(session, "news")

        assert record.sessions.open(secret) is None

    def test_they_are_listed_and_ended_one_by_one(self, record: Record):
        first, second = record.sessions.start("mia"), record.sessions.start("mia")
        assert len(record.sessions.of("mia")) == 2

        assert record.sessions.end(key_digest(first), "mia")

        assert record.sessions.open(first) is None
        assert [one.id for one in record.sessions.of("mia")] == [key_digest(second)]
        assert not record.sessions.end(key_digest(first), "mia")

    def test_nobody_ends_another_s(self, record: Record):
        secret = record.sessions.start("mia")

        assert not record.sessions.end(key_digest(secret), "lena")

        assert record.sessions.open(secret)

    def test_all_but_one_are_ended_at_once(self, record: Record):
        kept, *others = (record.sessions.start("mia") for _ in range(3))
        lena = record.sessions.start("lena")

        assert record.sessions.end_all("mia", but=key_digest(kept)) == 2

        assert record.sessions.open(kept)
        assert record.sessions.open(lena)
        assert not any(record.sessions.open(one) for one in others)


class TestThrottle:
    def tries(self, record: Record, count: int, name: str = "mia", address: str = "a") -> None:
        for _ in range(count):
            record.throttle.count(name, address)

    def wait_is_over(self, record: Record) -> None:
        for key in record.connection.keys("moderation:{0}:sign-in-tries:*"):
            record.connection.hset(key, "until", 0)

    def test_a_name_has_five_tries_and_then_waits_that_grow(self, record: Record):
        self.tries(record, throttle.TRIES_PER_NAME)

        waits = []
        for _ in range(8):
            with pytest.raises(TooManyTriesError) as caught:
                record.throttle.count("mia", "another address")
            waits.append(caught.value.wait_s)
            self.wait_is_over(record)
            record.throttle.count("mia", "another address")

        assert waits == [15, 30, 60, 120, 240, 480, 900, 900]

    def test_trying_during_a_wait_does_not_lengthen_it(self, record: Record):
        self.tries(record, throttle.TRIES_PER_NAME)

        for _ in range(10):
            with pytest.raises(TooManyTriesError) as caught:
                record.throttle.count("mia", "a")
            assert caught.value.wait_s <= throttle.FIRST_WAIT_S

    def test_others_are_not_kept_waiting(self, record: Record):
        self.tries(record, throttle.TRIES_PER_NAME)

        record.throttle.count("lena", "a")

    def test_an_address_cannot_try_name_after_name(self, record: Record):
        for number in range(throttle.TRIES_PER_ADDRESS):
            record.throttle.count(f"name-{number}", "a")

        with pytest.raises(TooManyTriesError):
            record.throttle.count("one more", "a")
        record.throttle.count("one more", "b")

    def test_a_good_try_clears_the_name_but_not_the_address(self, record: Record):
        for number in range(throttle.TRIES_PER_ADDRESS - 1):
            record.throttle.count(f"name-{number}", "a")
        record.throttle.forget("name-0", "a")
        self.tries(record, throttle.TRIES_PER_NAME - 1, "name-0", "b")

        record.throttle.count("x", "a")
        record.throttle.count("y", "a")
        with pytest.raises(TooManyTriesError):
            record.throttle.count("z", "a")

    def test_tries_at_the_same_time_do_not_slip_past(self, record: Record):
        let_through = []

        def attempt() -> None:
            try:
                record.throttle.count("mia", "a")
            except TooManyTriesError:
                return
            let_through.append(1)

        threads = [threading.Thread(target=attempt) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(let_through) == throttle.TRIES_PER_NAME

    def test_it_is_forgotten_after_a_while(self, record: Record):
        self.tries(record, 1)

        [first, second] = record.connection.keys("moderation:{0}:sign-in-tries:*")
        for key in (first, second):
            assert 0 < record.connection.ttl(key) <= throttle.LONGEST_WAIT_S
            assert "mia" not in key
