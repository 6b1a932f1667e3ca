"""Which addresses nothing is sent to."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.delivery.networks import is_forbidden

PRIVATE = [
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "::1",
    "fc00::1",
    "fdff:ffff::1",
]
METADATA = [
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "192.0.0.192",
    "fd00:42::42",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:a00:1::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
]
NO_ADDRESSES = ["", "localhost", "0x7f.1", "2130706433", "010.0.0.1", "1.2.3", "[::1]"]
PUBLIC = ["8.8.8.8", "100.63.255.255", "172.32.0.1", "2001:200::1", "2606:4700::1111"]


@pytest.mark.parametrize("address", [*PRIVATE, *METADATA, *NEVER, *NO_ADDRESSES])
def test_what_is_not_public_is_forbidden(address: str) -> None:
    assert is_forbidden(address)


@pytest.mark.parametrize("address", PUBLIC)
@pytest.mark.parametrize("allow_private", [False, True])
def test_what_is_public_is_allowed(address: str, allow_private: bool) -> None:
    assert not is_forbidden(address, allow_private=allow_private)


@pytest.mark.parametrize("address", PRIVATE)
def test_the_operator_can_allow_what_is_private(address: str) -> None:
    assert not is_forbidden(address, allow_private=True)


@pytest.mark.parametrize("address", [*METADATA, *NEVER, *NO_ADDRESSES])
def test_nobody_can_allow_the_rest(address: str) -> None:
    assert is_forbidden(address, allow_private=True)


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_in_the_disguise_of_an_ipv6_address(
    address: IPv4Address,
) -> None:
    high, low = divmod(int(address), 65_536)
    disguises = [
        f"::ffff:{address}",
        f"::{address}",
        f"64:ff9b::{address}",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:{high:x}:{low:x}::1",
    ]
    assert all(is_forbidden(one) for one in disguises)


@given(st.ip_addresses())
def test_what_python_knows_to_be_reserved_is_forbidden_too(address: object) -> None:
    known = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved")
    if any(getattr(address, name) for name in (*known, "is_unspecified")):
        assert is_forbidden(str(address))
