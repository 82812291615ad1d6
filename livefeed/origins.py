"""Origins of requests: distinguishes the site's own pages from those of other sites."""

from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """An origin as RFC 6454 defines it."""

    scheme: str
    host: str
    port: int


def is_from_own_page(request: HttpRequest) -> bool:
    """True if the browser proves that a page of this site made the request.

    Browsers send Sec-Fetch-Site to https sites, and Origin with every POST. Scripts can set neither.
    """
    relation = request.headers.get("Sec-Fetch-Site")
    if relation is not None:
        return relation == "same-origin"
    return is_own_origin(request.headers.get("Origin", ""), request.scheme or "", request.get_host())


def is_own_origin(origin: str, scheme: str, host: str) -> bool:
    """True if the value of an Origin header names this site: LIVEFEED_URL, and on a site without https also the allowed
    host to which the request was sent, by its scheme and Host header."""
    claimed = parse_origin(origin)
    site = parse_origin(settings.LIVEFEED_URL)
    if claimed is None:
        return False
    if claimed == site:
        return True
    if site and site.scheme == "https":
        return False  # the network can forge pages without https, and pages on localhost belong to other programs
    is_allowed = validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    return is_allowed and claimed == parse_origin(f"{scheme}://{host}")


def parse_origin(url: str) -> Origin | None:
    """Returns the origin of a URL; None if it has none (`null`, or text that no browser sends)."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return Origin(parts.scheme, parts.hostname, port) if parts.hostname else None
