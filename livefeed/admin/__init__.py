"""Django admin of the site: importing this package registers every model admin."""

from django.contrib import admin

from livefeed.admin import accounts, announcements, groups, logs, posts, tasks, two_step, users

__all__ = ["accounts", "announcements", "groups", "logs", "posts", "tasks", "two_step", "users"]

admin.site.site_header = "Livefeed administration"
admin.site.site_title = "Livefeed"
