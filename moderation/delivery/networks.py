"""Which addresses messages may be sent to, by the networks that they lie in. Pure.

Whoever may name a URL could otherwise make this service post to what only it can reach: a
router, a database, the metadata service of a cloud. Sources: the IANA registries
https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)


class Reach(Enum):
    """Who may be behind an address."""

    PUBLIC = "public"
    """Anybody on the internet."""
    PRIVATE = "private"
    """This machine or its neighbours; the operator may wish to send there."""
    NEVER = "never"
    """Nobody whom one could wish to send to."""


def _networks(*written: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one) for one in written)


#: Where clouds tell a machine its credentials, if not at a link-local address.
_METADATA = _networks(
    "100.100.100.200/32",  # Alibaba Cloud, inside 100.64.0.0/10
    "168.63.129.16/32",  # Azure, looks public
    "192.0.0.192/32",  # Oracle Cloud
    "fd00:42::42/128",  # Scaleway
    "fd00:ec2::/32",  # Amazon EC2
    "fd20:ce::254/128",  # Google Cloud
)
_PRIVATE = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",  # shared by the customers of a provider (RFC 6598)
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
)
_SPECIAL = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",  # link-local, most metadata services among it
    "192.0.0.0/24",
    "192.0.2.0/24",  # documentation, as 198.51.100.0/24 and 203.0.113.0/24
    "192.88.99.0/24",  # relays of 6to4
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
    "2001::/23",  # protocols: Teredo, benchmarks, ORCHID
    "2001:db8::/32",  # documentation, as 3fff::/20
    "2002::/16",  # 6to4: an IPv4 address in disguise
    "3fff::/20",
)
#: All IPv6 addresses that are given to anybody. Outside lie link-local, site-local, multicast
#: and discard addresses, and IPv4 addresses in disguise (mapped, compatible, NAT64).
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def is_forbidden(address: str, *, allow_private: bool = False) -> bool:
    """Whether nothing may be sent to an address.

    Args:
        address: as the resolver writes it; what is no address is forbidden.
        allow_private: the operator lets messages go to private addresses and this machine.
    """
    reach = reach_of(address)
    return reach is Reach.NEVER or (reach is Reach.PRIVATE and not allow_private)


def reach_of(address: str) -> Reach:
    """Who may be behind an address. One with a zone (`fe80::1%eth0`) is never public."""
    try:
        found = ip_address(address)
    except ValueError:
        return Reach.NEVER
    if "%" in address or _is_in(found, _METADATA):
        return Reach.NEVER
    if _is_in(found, _PRIVATE):
        return Reach.PRIVATE
    is_given_out = found.version == 4 or found in _GLOBAL_UNICAST
    return Reach.PUBLIC if is_given_out and not _is_in(found, _SPECIAL) else Reach.NEVER


def _is_in(
    address: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]
) -> bool:
    return any(address in network for network in networks)
