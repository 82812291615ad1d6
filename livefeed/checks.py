"""System checks of the configuration, run by `manage.py check`."""

import sqlite3
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from livefeed.limits.table import limits
from livefeed.live.declarations import live_models
from livefeed.live.queryset import LiveQuerySet

SQLITE_WITH_SAFE_WAL = (3, 51, 3)
"""First SQLite version without the bug in WAL resets."""

OTHER_USERS = 0o077
"""Permissions of a file for all but its owner."""


def register() -> None:
    """Registers every check; called once, by `LivefeedConfig.ready()`."""
    checks.register(check_secret_key)
    checks.register(check_public_address)
    checks.register(check_rate_limits)
    checks.register(check_openid_provider)
    checks.register(check_live_querysets)
    checks.register(check_sqlite_version, deploy=True)
    checks.register(check_static_files, deploy=True)
    checks.register(check_env_file, deploy=True)


def check_secret_key(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Requires a secret key other than the one for development, unless DEBUG is set."""
    try:
        is_safe = settings.DEBUG or settings.SECRET_KEY != settings.DEVELOPMENT_KEY
    except ImproperlyConfigured:  # raised by Django for an empty key
        is_safe = False
    if is_safe:
        return []
    hint = "Set SECRET_KEY, in the environment or in .env, to a long random text of your own."
    return [checks.Error("There is no secret key.", hint=hint, id="livefeed.E001")]


def check_public_address(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Requires LIVEFEED_URL to be an origin."""
    if _is_origin(settings.LIVEFEED_URL):
        return []
    hint = "Give the scheme and host that readers type, such as https://feed.example.org, and no path."
    return [checks.Error(f"LIVEFEED_URL is {settings.LIVEFEED_URL!r}.", hint=hint, id="livefeed.E002")]


def check_openid_provider(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Requires the client's id and secret of an OpenID Connect provider, and an encrypted way to it."""
    if not settings.LIVEFEED_OIDC_URL:
        return []
    errors: list[checks.CheckMessage] = []
    if not (settings.LIVEFEED_OIDC_CLIENT_ID and settings.LIVEFEED_OIDC_CLIENT_SECRET):
        hint = "Register Livefeed there, and set LIVEFEED_OIDC_CLIENT_ID and LIVEFEED_OIDC_CLIENT_SECRET."
        errors.append(checks.Error("The OpenID Connect client has no id or no secret.", hint=hint, id="livefeed.E003"))
    url = urlsplit(settings.LIVEFEED_OIDC_URL)
    if not url.hostname or (url.scheme != "https" and url.hostname not in settings.LOOPBACK_HOSTS):
        hint = "Give the issuer's https address, such as https://id.example.org/realms/team."
        errors.append(checks.Error(f"LIVEFEED_OIDC_URL is {url.geturl()!r}.", hint=hint, id="livefeed.E004"))
    return errors


def _is_origin(url: str) -> bool:
    """True if a URL consists of a scheme, a host and optionally a port."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return False
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return parts.scheme in ("http", "https") and bool(host) and url.lower() == f"{parts.scheme}://{host}{port}"


def check_rate_limits(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Requires LIVEFEED_RATE_LIMITS to be readable."""
    try:
        limits(settings.LIVEFEED_RATE_LIMITS)
    except ValueError as error:
        hint = "Write items such as post=60/h, post=30/h:60/h or like=off, separated by commas."
        return [checks.Error(f"LIVEFEED_RATE_LIMITS: {error}.", hint=hint, id="livefeed.E006")]
    return []


def check_live_querysets(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Requires the querysets of live models to publish bulk writes."""
    models = [live_model.model for live_model in live_models() if live_model.has_bulk_writes]
    return [
        checks.Warning(
            f"Bulk writes of {model.__name__} do not appear on open pages.",
            hint="Write `objects = LiveQuerySet.as_manager()`, from livefeed.live.queryset, or inherit from it.",
            obj=model,
            id="livefeed.W004",
        )
        for model in models
        if not isinstance(model._default_manager.all(), LiveQuerySet)
    ]


def check_static_files(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warns if `collectstatic` has not run."""
    if settings.DEBUG or not settings.WHITENOISE_USE_FINDERS:
        return []
    hint = "Run manage.py collectstatic: browsers then keep scripts and style sheets, compressed, for good."
    return [checks.Warning("Static files have not been collected.", hint=hint, id="livefeed.W002")]


def check_env_file(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warns if other users of the machine can read `.env`, which contains the secret key."""
    file = settings.BASE_DIR / ".env"
    if not file.is_file() or file.stat().st_mode & OTHER_USERS == 0:
        return []
    hint = f"Run chmod 600 {file} as its owner."
    return [checks.Warning(".env can be read by other users of this machine.", hint=hint, id="livefeed.W003")]


def check_sqlite_version(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warns of a SQLite version that can damage a database in WAL mode."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if not engine.endswith("sqlite3") or sqlite3.sqlite_version_info >= SQLITE_WITH_SAFE_WAL:
        return []
    hint = "Before 3.51.3 a WAL reset can, rarely, damage the file under many writers. Keep backups, or use PostgreSQL."
    return [checks.Warning(f"SQLite is {sqlite3.sqlite_version}.", hint=hint, id="livefeed.W001")]
