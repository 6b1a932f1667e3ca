"""What is kept of an IP address: a network, a keyed hash, or all of it.

Owns the three forms and which field of a comment they concern. Knows no Redis and no request.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any

#: What is left of an address: a /24 is what most networks give to one subscriber's
#: neighbourhood, a /48 what one IPv6 site gets (RFC 6177, section 2,
#: https://www.rfc-editor.org/rfc/rfc6177).
IPV4_PREFIX, IPV6_PREFIX = 24, 48
#: Hexadecimal digits of a keyed hash that are kept: 64 bits tell addresses apart.
HASH_DIGITS = 16


class AddressForm(StrEnum):
    """How an address is kept (the setting `ip_addresses`)."""

    TRUNCATE = "truncate"
    HASH = "hash"
    FULL = "full"


class AddressKeeper:
    """Turns addresses into what is kept of them.

    Args:
        form: what is kept.
        secret: tells the secret of the service; asked for only where hashes are made. A hash
            without a key would be none: there are few enough addresses to try them all.
    """

    def __init__(self, form: AddressForm, secret: Callable[[], str]) -> None:
        self._form = form
        self._secret = cache(secret)

    def kept(self, address: str) -> str:
        """What is kept of an address.

        A text that is no address may hold one all the same: it is hashed, or dropped where
        addresses are truncated.
        """
        if self._form is AddressForm.FULL or not address:
            return address
        if self._form is AddressForm.HASH:
            return hashed(address, self._secret())
        return truncated(address)

    def in_content(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """A comment's content with its author's address as it is kept."""
        author: Mapping[str, Any] = content["author"]
        if "ip" not in author:
            return dict(content)
        without = {name: value for name, value in author.items() if name != "ip"}
        kept = self.kept(author["ip"])
        return {**content, "author": without | ({"ip": kept} if kept else {})}


def truncated(address: str) -> str:
    """The first address of the network that an address is in, `""` for what is none.

    An IPv4 address that is written as an IPv6 one (`::ffff:203.0.113.7`) is an IPv4 address.
    """
    parsed = _parsed(address)
    if parsed is None:
        return ""
    prefix = IPV4_PREFIX if isinstance(parsed, ipaddress.IPv4Address) else IPV6_PREFIX
    return str(ipaddress.ip_network(f"{parsed}/{prefix}", strict=False).network_address)


def hashed(address: str, secret: str) -> str:
    """The keyed hash (HMAC-SHA256) of an address, the same for each way to write it."""
    parsed = _parsed(address)
    written = str(parsed) if parsed else address
    digest = hmac.new(secret.encode(), f"address\0{written}".encode(), sha256)
    return digest.hexdigest()[:HASH_DIGITS]


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        # A zone (`fe80::1%eth0`) says which cable of the sender's it was: nothing to keep.
        parsed = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
