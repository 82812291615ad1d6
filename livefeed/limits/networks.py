"""Network addresses as the limits count them."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

HOST_PREFIX = 64
"""Bits of an IPv6 address that name a customer's network. Its owner has 2^64 addresses."""


def unmapped(address: str) -> str:
    """Returns the IPv4 address that an address such as `::ffff:192.0.2.1` stands for; others unchanged."""
    parsed = _parse(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or address)


def network_of(address: str) -> str:
    """Returns what counts as one client: an IPv4 address, or the network of an IPv6 address. Texts that are no address
    are returned unchanged."""
    address = unmapped(address)
    parsed = _parse(address)
    if not isinstance(parsed, IPv6Address):
        return address
    return str(IPv6Network((parsed, HOST_PREFIX), strict=False).network_address)


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
