"""Declaration of the signal that a user is writing a reply: shown for a moment, and never stored."""

from livefeed.limits import counters
from livefeed.limits.table import Rate
from livefeed.live import ephemeral
from livefeed.live.declarations import Declaration, Matcher, register
from livefeed.live.entries import LogEntry
from livefeed.live.posts import live_post
from livefeed.live.readers import Reader, View
from livefeed.live.topics import topic
from livefeed.models import Post, Preferences, User

WRITING = "writing"
MAX_RATE = Rate(1, 3)
"""Signals of one user. The page shows each for a few seconds longer (static/js/writing.js)."""


@register
class Writing(Declaration):
    """A user is writing a reply. Subject: the post that is replied to. Actor: the writer, whose own pages receive
    nothing. Audience: that of the reply. Programs receive nothing."""

    kinds = frozenset({WRITING})
    reload_within = None

    def matcher(self, entry: LogEntry) -> Matcher:
        def matches(reader: Reader, view: View) -> bool:
            if reader.form != "html" or reader.user_id == entry.actor_id:
                return False
            return not view.topics.isdisjoint(entry.topics) and live_post.may_see(reader, entry)

        return matches


def writes_reply(writer: User, post: Post, audience: str) -> None:
    """Shows on the thread of a post that a user is writing a reply with this audience: at most as often as MAX_RATE
    allows, and not if the user may not reply or does not want it shown."""
    is_shown = writer.is_activated and Preferences.objects.for_user(writer).shows_writing
    if not is_shown or counters.count(f"signal of writing {writer.pk}", MAX_RATE):
        return
    reply = Post(author=writer, audience=audience)
    reply.set_parent(post)
    ephemeral.send(
        WRITING,
        subject_id=post.pk,
        actor_id=live_post.actor_id(reply),
        audience=live_post.audience(reply),
        topics=[topic("thread", post.pk)],
        fields={"post": post.pk, "author": writer.pk, "name": writer.display_name},
    )
