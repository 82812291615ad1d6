"""Admin of groups."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet

from livefeed.accounts import ranks
from livefeed.admin.ranked import RankedAdmin
from livefeed.models import User

admin.site.unregister(Group)


@admin.register(Group)
class RankedGroupAdmin(RankedAdmin[Group], GroupAdmin):  # type: ignore[misc]  # stubs of Django differ in a default
    """Groups. Their permissions reach all members, so that a change needs the rank for each of them."""

    def outranking(self, manager: User) -> QuerySet[Group]:
        return ranks.groups_outranking(manager)
