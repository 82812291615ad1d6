"""Admin of email addresses, and the rate-limited sign-in to the admin."""

from allauth.account import admin as _  # noqa: F401  # registers the admin that is unregistered below
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin

from livefeed.admin.read_only import ReadOnlyAdmin

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # limits sign-in attempts

admin.site.unregister(EmailAddress)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin[EmailAddress]):
    """Email addresses with their users. Read-only: adding an address to an account is a way to take it over."""

    list_display = ("email", "user", "verified", "primary")
    list_filter = ("verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email", "user__username")
