"""`manage.py recount`: corrects stored counts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from livefeed.live import posts, publishing
from livefeed.models import Post, Profile
from livefeed.models.counters import COUNTS, Mismatch

MAX_LISTED = 20
"""Wrong counts that are printed one by one."""
MAX_POST_EVENTS = 100
"""Corrected posts that are published one by one; for more, every open page reloads."""


class Command(BaseCommand):
    """Compares every stored count with the rows that it counts."""

    help = (
        "Recounts followers, posts, likes and replies, and corrects and prints wrong counts. The site may run "
        "meanwhile. Needed after rows were written in bulk or loaded from fixtures, which send no signals."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if anything is wrong")

    def handle(self, *, check: bool, **options: Any) -> None:
        mismatches: list[Mismatch] = []
        for count in COUNTS:
            mismatches += count.mismatches() if check else count.repair_all()
        if not check:
            self._publish([each.pk for each in mismatches if each.count.model == "post"])
        for mismatch in mismatches[:MAX_LISTED]:
            self.stdout.write(f"{_label(mismatch)}: {mismatch.count.field} {mismatch.stored} -> {mismatch.actual}")
        number = len(mismatches)
        if number > MAX_LISTED:
            self.stdout.write(f"and {number - MAX_LISTED:,} more")
        if number and check:
            raise CommandError(f"{number:,} counts are wrong: run `manage.py recount`.")
        self.stdout.write(f"{number:,} counts were wrong and are right now." if number else "Every count is right.")

    def _publish(self, post_ids: list[int]) -> None:
        """Makes open pages show the corrected counts."""
        if len(post_ids) > MAX_POST_EVENTS:
            publishing.reset_feeds()
            return
        for post in Post.objects.filter(pk__in=post_ids):
            posts.post_counted(post)


def _label(mismatch: Mismatch) -> str:
    models: dict[str, type[Model]] = {"profile": Profile, "post": Post}
    row = models[mismatch.count.model]._default_manager.filter(pk=mismatch.pk).first()
    return f"{row.user}" if isinstance(row, Profile) else f"post {mismatch.pk}"
