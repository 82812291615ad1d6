"""Admin of second steps and of accounts at the OpenID Connect provider. Superusers can delete them for a user who has
lost all of them. Secrets are never shown, and nothing can be added: that would be a way to take an account over."""

from allauth.mfa import admin as _mfa  # noqa: F401  # registers the admins that are unregistered below
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as _socialaccount  # noqa: F401
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from livefeed.admin.read_only import ReadOnlyAdmin

for _model in (Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


class SuperuserDeletesAdmin[M: Model](ReadOnlyAdmin[M]):
    """Lists rows of users, which only superusers can delete."""

    list_select_related = ("user",)
    search_fields = ("user__username",)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


@admin.register(Authenticator)
class AuthenticatorAdmin(SuperuserDeletesAdmin[Authenticator]):
    """Authenticator apps, passkeys and recovery codes."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class ProviderAccountAdmin(SuperuserDeletesAdmin[SocialAccount]):
    """Accounts at the OpenID Connect provider."""

    list_display = ("user", "provider", "uid", "date_joined", "last_login")
    fields = ("user", "provider", "uid", "date_joined", "last_login")
