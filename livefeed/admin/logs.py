"""Admin of the event log and the audit log, both read-only."""

from django.contrib import admin
from django.utils.html import format_html_join

from livefeed.admin.read_only import ReadOnlyAdmin
from livefeed.models import AuditEntry, Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    """The event log, newest position first."""

    list_display = ("position", "kind", "subject_id", "actor_id", "created_at")
    list_filter = ("kind",)
    ordering = ("-position",)


@admin.register(AuditEntry)
class AuditAdmin(ReadOnlyAdmin[AuditEntry]):
    """The audit log of accounts, newest first."""

    list_display = ("created_at", "username", "actor", "address", "description")
    list_filter = ("kind", "created_at")
    search_fields = ("username", "actor", "address")
    ordering = ("-created_at", "-id")

    @admin.display(description="what")
    def description(self, entry: AuditEntry) -> str:
        return format_html_join(". ", "{}", ((sentence,) for sentence in entry.sentences))
