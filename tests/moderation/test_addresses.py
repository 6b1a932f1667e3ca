"""What is kept of IP addresses."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from moderation.addresses import AddressForm, AddressKeeper, hashed, truncated
from moderation.record import Record
from tests.api.checks import post, read


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1234:5678::9", "2001:db8:1234::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("fe80::1%eth0", "fe80::"),
        (" 203.0.113.77 ", "203.0.113.0"),
        ("203.0.113.77, 198.51.100.1", ""),
        ("203.0.113.77:4711", ""),
        ("house on the hill", ""),
        ("", ""),
    ],
)
def test_an_address_is_cut_to_its_network_and_what_is_none_is_dropped(
    address: str, kept: str
) -> None:
    assert truncated(address) == kept


@given(st.ip_addresses())
def test_no_address_is_kept_whole_unless_it_is_a_network_itself(address: object) -> None:
    kept = truncated(str(address))
    assert truncated(kept) == kept
    assert kept == str(address) or str(address) not in kept


def test_a_hash_is_the_same_for_each_way_to_write_an_address_and_needs_the_key() -> None:
    assert hashed("2001:db8::1", "key") == hashed("2001:0db8:0::0001", "key")
    assert hashed("203.0.113.77", "key") == hashed("::ffff:203.0.113.77", "key")
    assert hashed("203.0.113.77", "key") != hashed("203.0.113.78", "key")
    assert hashed("203.0.113.77", "key") != hashed("203.0.113.77", "another key")


def test_the_form_that_is_set_is_kept() -> None:
    address = "203.0.113.77"
    kept = {form: AddressKeeper(form, lambda: "key").kept(address) for form in AddressForm}
    assert kept[AddressForm.FULL] == address
    assert kept[AddressForm.TRUNCATE] == "203.0.113.0"
    assert kept[AddressForm.HASH] == hashed(address, "key")


def test_a_comment_is_stored_and_answered_with_the_network_alone(
    client: FlaskClient, record: Record
) -> None:
    author = {"id": "anna", "ip": "203.0.113.77"}

    answered = post(client, id="c1", author=author)

    assert answered["author"] == read(client, "c1")["author"]
    assert answered["author"]["ip"] == "203.0.113.0"
    # The digest that tells repeats would tell the address to whoever tries all of them.
    repeat = post(client, id="c1", author=author | {"ip": "203.0.113.200"})
    assert repeat["id"] == "c1"
    assert record.comments.standing("demo", "a1")["pending"] == 1


def test_what_is_no_address_is_not_stored(client: FlaskClient) -> None:
    answered = post(client, author={"id": "anna", "ip": "203.0.113.77 via 198.51.100.1"})
    assert answered["author"] == {"id": "anna"}
