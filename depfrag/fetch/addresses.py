"""Where requests may lead: hosts, origins, private addresses, and the next step of a redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    Resolve = Callable[[str], list[str]]

_PORTS = {"http": 80, "https": 443}
_NAT64 = 0x64FF9B << 96
"""The first of the addresses that stand for all of IPv4 in networks without it."""


def host(url: str) -> str:
    """The host of an address, with its port where that is not the usual one, as npm and users write it.

    Raises ValueError for what is no address of the web.
    """
    parts = urlsplit(url)
    port = parts.port
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an address of the web")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return name if port in (None, _PORTS[parts.scheme]) else f"{name}:{port}"


def origin(url: str) -> str:
    """Scheme, host and port. Raises ValueError."""
    return f"{urlsplit(url).scheme}://{host(url)}"


def public(address: str) -> bool:
    """Whether an IP address belongs to the internet, and not to a machine, a local network or a cloud's insides."""
    import ipaddress

    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if int(ip) >> 32 == _NAT64 >> 32:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast


def resolve(name: str) -> list[str]:
    """The IP addresses of a host; none where they cannot be found out, as behind a proxy that alone knows names."""
    import socket

    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []


def internal(url: str, look_up: Resolve) -> bool:
    """Whether the host of `url` has a private address."""
    return not all(public(address) for address in look_up(urlsplit(url).hostname or ""))


def target(url: str, location: str) -> str:
    """Where a redirect from `url` leads. Raises ValueError where it must not be followed."""
    try:
        to = urljoin(url, location)
        host(to)
    except ValueError:
        raise ValueError("redirects to what is no address of the web") from None
    if urlsplit(url).scheme == "https" and urlsplit(to).scheme != "https":
        raise ValueError("redirects from an encrypted connection to one that is not")
    return to
