"""`manage.py recount`: puts right what is counted."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from livefeed.live import publishing
from livefeed.models import Post, Profile
from livefeed.models.counters import COUNTS, Mismatch

NAMED = 20
"""How many wrong counts are told one by one."""
TOLD = 100
"""Up to how many corrected posts are told to open pages one by one; of more, every page reads anew."""


class Command(BaseCommand):
    """Compares every count with what it counts."""

    help = (
        "Counts followers, posts, likes and replies anew, puts right what is wrong, and says so. Others may write "
        "meanwhile. Needed after rows were written in bulk or loaded from fixtures, which no signal sees."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if anything is wrong")

    def handle(self, *, check: bool, **options: Any) -> None:
        found = [wrong for count in COUNTS for wrong in (count.mismatches() if check else count.repair_all())]
        if not check:
            self._tell([wrong.pk for wrong in found if wrong.count.model == "post"])
        for wrong in found[:NAMED]:
            self.stdout.write(f"{self._named(wrong)}: {wrong.count.field} {wrong.said} -> {wrong.true}")
        if len(found) > NAMED:
            self.stdout.write(f"and {len(found) - NAMED:,} more")
        if found and check:
            raise CommandError(f"{len(found):,} counts are wrong: run `manage.py recount`.")
        self.stdout.write(f"{len(found):,} counts were wrong and are right now." if found else "Every count is right.")

    def _named(self, wrong: Mismatch) -> str:
        models: dict[str, type[Model]] = {"profile": Profile, "post": Post}
        row = models[wrong.count.model]._default_manager.filter(pk=wrong.pk).first()
        return f"{row.user}" if isinstance(row, Profile) else f"post {wrong.pk}"

    def _tell(self, posts: list[int]) -> None:
        """Lets open pages show the right counts."""
        if len(posts) > TOLD:
            publishing.reset_feeds()
            return
        for post in Post.objects.filter(pk__in=posts):
            publishing.post_counted(post)
