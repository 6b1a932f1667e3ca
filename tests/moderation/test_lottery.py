"""Which approved comments a person is to look at."""

from __future__ import annotations

from moderation.lottery import is_drawn

IDS = [f"comment-{number}" for number in range(20_000)]


def drawn(share: float, secret: str = "a secret", site: str = "demo") -> set[str]:
    return {one for one in IDS if is_drawn(secret, site, one, share=share)}


def test_as_many_are_drawn_as_the_share_says() -> None:
    # Of 20,000 at 5 % a standard deviation is 31.
    assert abs(len(drawn(0.05)) - 1_000) < 150
    assert drawn(0.0) == set()
    assert drawn(1.0) == set(IDS)


def test_a_larger_share_draws_all_of_a_smaller_one() -> None:
    assert drawn(0.02) < drawn(0.05)


def test_who_does_not_know_the_secret_cannot_tell() -> None:
    ours, theirs = drawn(0.05), drawn(0.05, secret="another")
    assert ours == drawn(0.05)
    # Two independent draws share a twentieth of each.
    assert len(ours & theirs) < 150
    assert drawn(0.05, site="other") != ours


def test_an_id_may_be_any_string() -> None:
    assert is_drawn("s", "demo", "日本:\ud800", share=1.0)
