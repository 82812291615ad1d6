"""Django admin of the site: importing this package registers every model admin."""

from livefeed.admin import accounts, announcements, groups, logs, posts, tasks, two_step, users

__all__ = ["accounts", "announcements", "groups", "logs", "posts", "tasks", "two_step", "users"]
