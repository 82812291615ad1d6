"""Settings for development, tests and production. Values that differ between installations come from the environment or
from `.env`."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from django.utils.csp import CSP

from livefeed.observability.logging import is_no_refusal, redact_keys

django_stubs_ext.monkeypatch()  # allows type arguments at run time: ModelAdmin[Post]


# --- Directories ---

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
os.umask(0o077)  # the database, pictures, exports and mails can only be read by the user that runs Livefeed
(VAR_DIR / "static").mkdir(parents=True, exist_ok=True)
if VAR_DIR.stat().st_uid == os.geteuid():
    VAR_DIR.chmod(PRIVATE_FOLDER)  # made by an earlier version


# --- Environment ---

env = environ.FileAwareEnv()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")


# --- Core ---

DEBUG: bool = env.bool("DEBUG", default=False)
PORT: int = env.int("PORT", default=8000)
DEVELOPMENT_KEY = "only-for-development-and-tests-never-for-the-internet"
SECRET_KEY: str = env.str("SECRET_KEY", default=DEVELOPMENT_KEY if DEBUG else "")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

# The public address, as users type it. Used for links in emails and to check the Origin header of sockets.
LIVEFEED_URL: str = env.str("LIVEFEED_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[urlsplit(LIVEFEED_URL).hostname or "", *LOOPBACK_HOSTS])
CSRF_TRUSTED_ORIGINS = [LIVEFEED_URL]


# --- Apps, middleware and templates ---

INSTALLED_APPS = [
    "livefeed",
    "consumers",
    "daphne",
    "channels",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_tasks_db",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
LIVEFEED_APPS: list[str] = env.list("LIVEFEED_APPS", default=[])  # further apps; livefeed/urls.py includes their URLs
INSTALLED_APPS += LIVEFEED_APPS

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "livefeed.middleware.PermissionsPolicyMiddleware",
    "livefeed.middleware.PrivateResponseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "livefeed.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "livefeed.accounts.authentication.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "livefeed.accounts.current_actor.CurrentActorMiddleware",
    "livefeed.accounts.devices.KnownDeviceMiddleware",
    "livefeed.middleware.ErrorPageMiddleware",
    "livefeed.limits.middleware.RateLimitMiddleware",
]

ROOT_URLCONF = "livefeed.urls"
ASGI_APPLICATION = "asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["livefeed.templatetags.livefeed"],
        },
    },
]


# --- Database, caches, channel layer and tasks ---


def _database(url: dict[str, Any]) -> dict[str, Any]:
    """Adds the options that each database needs for concurrent processes to a parsed DATABASE_URL.

    SQLite: transactions begin IMMEDIATE, because a deferred transaction fails at once if another one writes before it
    does; WAL lets readers continue during a write; synchronous FULL makes committed posts survive a power cut.
    PostgreSQL: connections come from a pool, because daphne runs each request in its own thread.
    """
    options: dict[str, Any] = url.setdefault("OPTIONS", {})
    if url["ENGINE"].endswith("sqlite3"):
        pragmas = (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;"
        )
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}
        url["CONN_MAX_AGE"] = None  # request threads are reused, so their connections can stay open
        url["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}  # not in memory: several threads and processes use it
    else:
        url["ENGINE"] = "django.db.backends.postgresql"
        size = env.int("LIVEFEED_DATABASE_POOL", default=16)
        options |= {"pool": {"min_size": 2, "max_size": size, "timeout": 30, "reconnect_timeout": 10}}
        url["CONN_HEALTH_CHECKS"] = True
    return url


DATABASES = {"default": _database(env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'livefeed.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL", default="")

CACHES: dict[str, dict[str, Any]] = {
    # Counters of rate limits, shared by all processes and independent of Redis (docs/self-hosting.md).
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "livefeed_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    # Rendered posts and profile cards, in the memory of each process: a network cache would be slower than rendering.
    "fragments": {
        "BACKEND": "livefeed.memory_cache.MemoryCache",
        "LOCATION": "fragments",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 5_000},  # about 2 KB each
    },
    # Trending tags and posts, the sidebar's HTML of them and of suggestions, and where searches start, in the memory of
    # each process.
    "sidebar": {
        "BACKEND": "livefeed.memory_cache.MemoryCache",
        "LOCATION": "sidebar",
        "TIMEOUT": 60,
        "OPTIONS": {"MAX_ENTRIES": 5_000},
    },
    # Parts of pages, by everything that they show: `{% cache %}` in templates.
    "template_fragments": {
        "BACKEND": "livefeed.memory_cache.MemoryCache",
        "LOCATION": "template_fragments",
        "OPTIONS": {"MAX_ENTRIES": 5_000},
    },
}
if not env.bool("LIVEFEED_CACHE", default=True):
    CACHES["fragments"] = CACHES["template_fragments"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}


def _channel_layer(redis_url: str) -> dict[str, Any]:
    """Returns a layer on Redis pub/sub, or in memory for a single process.

    `socket_timeout` must exceed the 5 s of a blocking read: redis-py 8's default of 5 s closes idle receivers
    (channels_redis#422).
    """
    if not redis_url:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    host = {"address": redis_url, "socket_timeout": 15, "socket_connect_timeout": 1}
    backend = env.str("LIVEFEED_CHANNEL_LAYER", default="channels_redis.pubsub.RedisPubSubChannelLayer")
    return {"BACKEND": backend, "CONFIG": {"hosts": [host], "prefix": "livefeed"}}


CHANNEL_LAYERS = {"default": _channel_layer(REDIS_URL)}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}  # run by `manage.py worker`


# --- Live updates and server limits: docs/self-hosting.md describes each ---

LIVEFEED_WORKER: str = env.str("LIVEFEED_WORKER", default="1")  # set by `serve` for each of its processes
LIVEFEED_SOCKETS_PER_PERSON: int = env.int("LIVEFEED_SOCKETS_PER_PERSON", default=10)
LIVEFEED_SOCKETS_PER_ADDRESS: int = env.int("LIVEFEED_SOCKETS_PER_ADDRESS", default=50)  # visitors only
LIVEFEED_INBOUND_BYTES: int = env.int("LIVEFEED_INBOUND_BYTES", default=4096)
LIVEFEED_INBOUND_RATE: float = env.float("LIVEFEED_INBOUND_RATE", default=5.0)
LIVEFEED_INBOUND_BURST: float = env.float("LIVEFEED_INBOUND_BURST", default=20.0)
LIVEFEED_BODY_BYTES: int = env.int("LIVEFEED_BODY_BYTES", default=42 * 1024 * 1024)
LIVEFEED_HANDSHAKE_SECONDS: float = env.float("LIVEFEED_HANDSHAKE_SECONDS", default=30.0)
LIVEFEED_SLOW_SECONDS: float = env.float("LIVEFEED_SLOW_SECONDS", default=30.0)
LIVEFEED_REQUEST_SECONDS: float = env.float("LIVEFEED_REQUEST_SECONDS", default=20.0)
LIVEFEED_GRACE_SECONDS: float = env.float("LIVEFEED_GRACE_SECONDS", default=10.0)
LIVEFEED_REQUEST_THREADS: int = env.int("LIVEFEED_REQUEST_THREADS", default=8)
LIVEFEED_MEGAPIXELS_PER_HOUR: int = env.int("LIVEFEED_MEGAPIXELS_PER_HOUR", default=1_000)
LIVEFEED_TRUSTED_PROXIES: int = env.int("LIVEFEED_TRUSTED_PROXIES", default=0)
if LIVEFEED_TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = LIVEFEED_TRUSTED_PROXIES
LIVEFEED_RATE_LIMITS: str = env.str("LIVEFEED_RATE_LIMITS", default="")  # changes livefeed/limits/table.py
LIVEFEED_ESTABLISHED_DAYS: float = env.float("LIVEFEED_ESTABLISHED_DAYS", default=7.0)
LIVEFEED_AUDIT_DAYS: float = env.float("LIVEFEED_AUDIT_DAYS", default=180.0)
LIVEFEED_LOG_DAYS: float = env.float("LIVEFEED_LOG_DAYS", default=7.0)
LIVEFEED_DIRECT_WRITES: bool = env.bool("LIVEFEED_DIRECT_WRITES", default=True)
LIVEFEED_METRICS_TOKEN: str = env.str("LIVEFEED_METRICS_TOKEN", default="")


# --- Pictures and static files ---

MEDIA_ROOT: str = env.str("LIVEFEED_MEDIA_DIR", default=str(VAR_DIR / "media"))  # uploaded pictures
FILE_UPLOAD_PERMISSIONS = PRIVATE_FILE
FILE_UPLOAD_DIRECTORY_PERMISSIONS = PRIVATE_FOLDER
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    # With DEBUG the browser loads each module and style sheet by itself.
    "django.contrib.staticfiles.finders.FileSystemFinder" if DEBUG else "livefeed.staticfiles.BundleFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
BUNDLES_ROOT = VAR_DIR / "bundles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "livefeed.staticfiles.HashedStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").is_file()
WHITENOISE_AUTOREFRESH = DEBUG


# --- Accounts and mail ---

AUTH_USER_MODEL = "livefeed.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},  # 20,000 from known breaches
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "livefeed.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "livefeed.forms.accounts.AddEmailForm",
    "change_password": "livefeed.forms.accounts.ChangePasswordForm",
    "login": "livefeed.forms.accounts.LoginForm",
    "reauthenticate": "livefeed.forms.accounts.ReauthenticateForm",
    "reset_password": "livefeed.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "livefeed.forms.accounts.ResetPasswordKeyForm",
    "set_password": "livefeed.forms.accounts.SetPasswordForm",
    "signup": "livefeed.forms.accounts.SignupForm",
}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "optional"  # users are signed in at once, but cannot post before it (User.activated_at)
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 2
ACCOUNT_PREVENT_ENUMERATION = "strict"  # a sign-up with a known address looks like any other
ACCOUNT_CHANGE_EMAIL = True  # a user has one address; a new one replaces it once confirmed
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # an open browser must not suffice to take over an account
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Livefeed] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(LIVEFEED_URL).scheme
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_MIN_LENGTH = 3

ACCOUNT_RATE_LIMITS = {
    # key: login and network address (livefeed/accounts/password_attempts.py)
    "login_failed": "10/m/ip,5/5m/key,12/30m/key",
    "login_account": "30/30m/key",  # Livefeed's own: a login, from all unknown devices together
    "login_device": "5/5m/key",  # Livefeed's own: a known device, or a session that asks for the password again
    "code_failed": "5/5m/key,12/30m/key",  # Livefeed's own: codes for an account, from all unknown devices together
    "code_device": "5/5m/key",  # Livefeed's own: codes on a known device, or in a session
    "change_password": "20/5m/user",
    "new_device": "5/h/key",  # Livefeed's own: mails to one account
    "signup": "20/m/ip,60/h/ip",
    "signup_address": "5/h/key",  # Livefeed's own: emails to one address, from all clients together
    "confirm_email": "3/10m/key",
    "reset_password": "20/m/ip,5/10m/key",
    "manage_email": "10/5m/user",
    "openid_connect_login": "30/m/ip",  # Livefeed's own: each request waits for the provider
    "openid_connect_callback": "30/m/ip",
}

# Two-step sign-in and passkeys. Only confirmed accounts can turn them on (livefeed/views/two_step.py), so a pending new
# address need not prevent it, nor two-step sign-in the change of an address.
MFA_ADAPTER = "livefeed.accounts.two_step.TwoStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Livefeed"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG  # browsers allow http:// for localhost only
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}  # no secret can be guessed there; an office shares one address
MFA_FORMS = {
    "activate_totp": "livefeed.forms.two_step.ActivateAppForm",
    "add_webauthn": "livefeed.forms.two_step.AddPasskeyForm",
    "authenticate": "livefeed.forms.two_step.CodeForm",
    "authenticate_webauthn": "livefeed.forms.two_step.PasskeyForm",
    "edit_webauthn": "livefeed.forms.two_step.RenamePasskeyForm",
    "login_webauthn": "livefeed.forms.two_step.PasskeyLoginForm",
    "reauthenticate": "livefeed.forms.two_step.ReauthenticateCodeForm",
    "reauthenticate_webauthn": "livefeed.forms.two_step.ReauthenticatePasskeyForm",
}

# Sign-in with an OpenID Connect provider, off without LIVEFEED_OIDC_URL. The provider's host is part of the key of its
# accounts: another provider must not inherit them, because its users may have the same ids.
LIVEFEED_OIDC_URL: str = env.str("LIVEFEED_OIDC_URL", default="").rstrip("/")
LIVEFEED_OIDC_NAME: str = env.str("LIVEFEED_OIDC_NAME", default=urlsplit(LIVEFEED_OIDC_URL).hostname or "")
LIVEFEED_OIDC_CLIENT_ID: str = env.str("LIVEFEED_OIDC_CLIENT_ID", default="")
LIVEFEED_OIDC_CLIENT_SECRET: str = env.str("LIVEFEED_OIDC_CLIENT_SECRET", default="")
LIVEFEED_OIDC_TRUST_EMAIL: bool = env.bool("LIVEFEED_OIDC_TRUST_EMAIL", default=False)
SOCIALACCOUNT_ADAPTER = "livefeed.accounts.social_adapter.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = LIVEFEED_OIDC_TRUST_EMAIL
SOCIALACCOUNT_FORMS = {
    "disconnect": "livefeed.forms.accounts.DisconnectForm",
    "signup": "livefeed.forms.accounts.ProviderSignupForm",
}

MAIL_DIR = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default=f"Livefeed <noreply@{urlsplit(LIVEFEED_URL).hostname}>")


def _mailer() -> dict[str, Any]:
    """Returns the mailer for EMAIL_URL; in development the one that prints emails and stores them for /dev/mail/."""
    if DEBUG and "EMAIL_URL" not in env.ENVIRON:
        return {"BACKEND": "livefeed.dev_mail.DevelopmentBackend", "OPTIONS": {"file_path": str(MAIL_DIR)}}
    parsed = env.email_url("EMAIL_URL", default="smtp://localhost:25")
    if not parsed["EMAIL_BACKEND"].endswith("smtp.EmailBackend"):
        return {"BACKEND": parsed["EMAIL_BACKEND"]}
    options = {
        "host": parsed["EMAIL_HOST"],
        "port": parsed["EMAIL_PORT"],
        "username": parsed["EMAIL_HOST_USER"] or "",
        "password": parsed["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": parsed.get("EMAIL_USE_TLS", False),
        "use_ssl": parsed.get("EMAIL_USE_SSL", False),
        "timeout": 10,
    }
    return {"BACKEND": parsed["EMAIL_BACKEND"], "OPTIONS": options}


MAILERS = {"default": _mailer()}


# --- Security and sessions ---

SECURE_CSP: dict[str, Any] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "blob:"],  # blob: a picture that was chosen and is not uploaded yet
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "livefeed.accounts.session_store"
IS_HTTPS = urlsplit(LIVEFEED_URL).scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""  # browsers take such a cookie only from this host, and only by https
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}livefeed_session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SECURE_HSTS_SECONDS: int = env.int("LIVEFEED_HSTS_SECONDS", default=365 * 24 * 3600) if IS_HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: they may be other sites of the operator
    "security.W008",  # the proxy redirects to https; programs on this machine read /readyz without
    "security.W021",  # preloading in browsers cannot be undone, so it is the operator's decision
]
CSRF_FAILURE_VIEW = "livefeed.views.errors.csrf_failed"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024


# --- Language and time ---

LANGUAGE_CODE = "en"
USE_I18N = False  # all texts are English; looking for translations and formats of numbers takes a tenth of a page
LIVEFEED_TITLECASE: bool = env.bool("LIVEFEED_TITLECASE", default=False)
TIME_ZONE = "UTC"
USE_TZ = True


# --- Logging ---

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {
        "keys": {"()": "django.utils.log.CallbackFilter", "callback": redact_keys},
        "refusals": {"()": "django.utils.log.CallbackFilter", "callback": is_no_refusal},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["keys"]}},
    "loggers": {
        "django": {"handlers": []},  # its own handlers would log every line twice
        "django.request": {"filters": ["refusals"]},
        "django.tasks": {"level": "WARNING"},  # otherwise two lines for each successful task
        "livefeed.audit": {"level": "INFO"},  # independent of LOG_LEVEL
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
