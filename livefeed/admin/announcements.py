"""Admin of announcements."""

from datetime import datetime

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from livefeed.admin.deletion import CountedDeletionAdmin
from livefeed.forms.text import MultilineField
from livefeed.models import Announcement
from livefeed.models.announcement import TEXT_MAX


class AnnouncementForm(forms.ModelForm[Announcement]):
    """An announcement. Its text is cleaned like that of a post."""

    text = MultilineField(max_length=TEXT_MAX, help_text="Light Markdown, as in posts.")

    def clean_ends_at(self) -> datetime:
        ends_at: datetime = self.cleaned_data["ends_at"]
        if self.instance._state.adding and ends_at <= timezone.now():
            raise ValidationError("Choose an end in the future.")
        return ends_at


@admin.register(Announcement)
class AnnouncementAdmin(CountedDeletionAdmin[Announcement]):
    """Announcements, with links to those who have read them."""

    form = AnnouncementForm
    deleted_with = {"dismissals": "confirmations of readers"}
    readonly_fields = ("readers",)
    list_display = ("beginning", "starts_at", "ends_at", "requires_acknowledgement", "readers")
    ordering = ("-starts_at",)

    def get_fields(self, request: HttpRequest, obj: Announcement | None = None) -> tuple[str, ...]:
        fields = ("text", "starts_at", "ends_at", "requires_acknowledgement")
        return (*fields, "readers") if obj else fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Announcement]:
        return super().get_queryset(request).annotate(readers_count=Count("dismissals"))

    @admin.display(description="announcement")
    def beginning(self, announcement: Announcement) -> str:
        return truncatechars(announcement.text, 80)

    @admin.display(description="read by")
    def readers(self, announcement: Announcement) -> SafeString:
        """The number of readers, with a link to the page that names them."""
        count = announcement.readers_count  # type: ignore[attr-defined]  # annotated by `get_queryset`
        address = reverse("announcement_readers", args=[announcement.pk])
        return format_html('<a href="{}">{} user{}</a>', address, count, "" if count == 1 else "s")
