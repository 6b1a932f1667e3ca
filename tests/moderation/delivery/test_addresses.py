"""URLs that messages can be sent to, and the addresses of their hosts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.delivery.addresses import (
    ForbiddenAddressError,
    Target,
    UnknownHostError,
    UnsuitableUrlError,
    check_url,
    system_resolve,
    target_of,
)
from tests.moderation.delivery.fakes import PUBLIC, FakeResolver

#: A URL → what is wrong with it, in a word of the message.
UNUSABLE = {
    "": "spaces",
    "hooks.example": "https",
    "ftp://hooks.example/": "https",
    "javascript:alert(1)": "https",
    "file:///etc/passwd": "https",
    "http://hooks.example/": "https",
    "https:hooks.example": "no host",
    "https:///path": "no host",
    "https://:443/": "no host",
    "https://user@hooks.example/": "user name",
    "https://user:password@hooks.example/": "user name",
    "https://8.8.8.8@127.0.0.1/": "user name",
    "https://hooks.example/#fragment": "fragment",
    "https://hooks.example#@127.0.0.1/": "fragment",
    "https://hooks.example/a b": "percent-encode",
    " https://hooks.example/": "percent-encode",
    "https://hooks.example/\r\nX-Header: 1": "percent-encode",
    "https://hooks.exa\tmple/": "percent-encode",
    "https://hooks.example\\@127.0.0.1/": "percent-encode",
    "https://straße.example/": "xn--",
    "https://１２７.0.0.1/": "xn--",
    "https://hooks.example:0/": "65535",
    "https://hooks.example:65536/": "port",
    "https://hooks.example:x/": "port",
    "https://hooks.example:-1/": "port",
    "https://[::1/": "not a URL",
    "https://[fe80::1%25eth0]/": "neither",
    "https://[fe80::1%eth0]/": "neither",
    "https://%31%32%37.0.0.1/": "neither",
    "https://.example/": "neither",
    "https://a..example/": "neither",
    "https://hooks.example./": "neither",
    "https://-hooks.example/": "neither",
    f"https://{'a' * 64}.example/": "neither",
    "https://hooks.example/" + "a" * 2_027: "2,048",
}


@pytest.mark.parametrize("url", UNUSABLE, ids=lambda url: ascii(url)[:40])
def test_a_url_that_cannot_be_used_is_refused_with_the_reason(url: str) -> None:
    resolve = FakeResolver([PUBLIC])
    with pytest.raises(UnsuitableUrlError, match=UNUSABLE[url]):
        check_url(url, allow_private=False, resolve=resolve)
    assert not resolve.asked


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        ("https://a.example", Target(True, "a.example", 443, "/"), "a.example"),
        ("HTTPS://A.Example:443/x", Target(True, "a.example", 443, "/x"), "a.example"),
        ("https://a.example:8443/x?y=1", Target(True, "a.example", 8443, "/x?y=1"), None),
        ("https://a.example?y=1", Target(True, "a.example", 443, "/?y=1"), "a.example"),
        ("http://a_b:65535/", Target(False, "a_b", 65535, "/"), "a_b:65535"),
        ("https://[2606:4700::1111]/", Target(True, "2606:4700::1111", 443, "/"), None),
        (
            "https://xn--strae-oqa.example/",
            Target(True, "xn--strae-oqa.example", 443, "/"),
            None,
        ),
    ],
)
def test_a_good_url_is_taken_apart(url: str, target: Target, authority: str | None) -> None:
    assert target_of(url, allow_private=True) == target
    if authority:
        assert target.authority == authority


def test_the_host_header_names_a_port_that_is_not_the_usual_one() -> None:
    assert target_of("https://[2606:4700::1111]:80/", allow_private=False).authority == (
        "[2606:4700::1111]:80"
    )


def test_the_longest_url_is_still_taken() -> None:
    url = "https://hooks.example/" + "a" * 2_026
    assert len(url) == 2_048
    check_url(url, allow_private=False, resolve=FakeResolver([PUBLIC]))


@given(st.text() | st.from_regex(r"https?://[!-~]*", fullmatch=True))
def test_whatever_is_entered_is_either_taken_apart_or_refused(url: str) -> None:
    try:
        target = target_of(url, allow_private=True)
    except UnsuitableUrlError:
        return
    assert target.host
    assert 1 <= target.port <= 65_535
    assert target.path.startswith(("/", "?"))


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["169.254.169.254"], ["::ffff:10.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1"]],
    ids=" ".join,
)
def test_a_host_is_refused_if_any_of_its_addresses_is(answer: list[str]) -> None:
    with pytest.raises(ForbiddenAddressError) as refused:
        check_url("https://hooks.example/", allow_private=False, resolve=FakeResolver(answer))
    # What a name means in here is not told outside.
    assert not any(address in str(refused.value) for address in answer)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
    ],
)
def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    # The system's own resolver: none of these leaves this machine.
    with pytest.raises(UnsuitableUrlError):
        check_url(f"https://{host}/", allow_private=False)


def test_the_operator_can_allow_a_receiver_beside_the_service() -> None:
    check_url("http://localhost:9000/", allow_private=True)
    check_url("https://hooks.example/", allow_private=True, resolve=FakeResolver(["10.0.0.1"]))
    with pytest.raises(ForbiddenAddressError):
        check_url(
            "http://hooks.example/",
            allow_private=True,
            resolve=FakeResolver(["169.254.169.254"]),
        )


def unknown(host: str, port: int) -> Iterable[tuple[Any, ...]]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("resolve", [unknown, FakeResolver([])])
def test_a_host_without_an_address_is_refused_by_name(resolve: Any) -> None:
    with pytest.raises(UnknownHostError, match=r"hooks\.example has no address"):
        check_url("https://hooks.example/", allow_private=False, resolve=resolve)


def test_a_resolver_that_does_not_answer_is_not_waited_for() -> None:
    ended = threading.Event()

    def hang(host: str, port: int) -> Iterable[tuple[Any, ...]]:
        ended.wait(20)
        return []

    try:
        with pytest.raises(UnknownHostError, match=r"within 0\.05 s"):
            check_url(
                "https://hooks.example/", allow_private=False, resolve=hang, timeout_s=0.05
            )
    finally:
        ended.set()


def test_the_system_resolver_names_each_address_once() -> None:
    addresses = [line[-1] for line in system_resolve("127.0.0.1", 443)]
    assert addresses == [("127.0.0.1", 443)]
