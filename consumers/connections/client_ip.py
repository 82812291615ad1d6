"""The client's network address, behind trusted proxies."""

from typing import Any

from django.conf import settings

from livefeed.limits.networks import network_of


def client_ip(scope: dict[str, Any]) -> str:
    """Returns the client's network address, of an IPv6 client its network; empty if the server does not name one.

    Behind LIVEFEED_TRUSTED_PROXIES proxies it is the entry of X-Forwarded-For that the outermost of them added. Entries
    before that one may be forged by the client.
    """
    client = scope.get("client")
    address: str = client[0] if client else ""
    if trusted_proxies := settings.LIVEFEED_TRUSTED_PROXIES:
        forwarded = _forwarded_for(scope)
        if len(forwarded) >= trusted_proxies:
            address = forwarded[-trusted_proxies]
    return network_of(address)


def _forwarded_for(scope: dict[str, Any]) -> list[str]:
    """Returns the addresses in all X-Forwarded-For headers, the client's own claims first."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    addresses = [address.strip() for address in ",".join(values).split(",")]
    return [address for address in addresses if address]
