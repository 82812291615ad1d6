"""Database models, one module for each subject, and the queries and writes that belong to them.

- `user`, `profile`, `preferences`: accounts, their public pages and their settings.
- `session`, `token`: credentials of browsers and of programs.
- `post`, `post_query`, `picture`, `attachment`, `tagging`: posts, the querysets that select them, their pictures and
  tags.
- `poll`: polls of posts and their votes.
- `follow`, `reaction` (likes and bookmarks), `relation`: relations between users and between users and posts.
- `announcement`: announcements by staff, and who has dismissed them.
- `notification`, `event`: notifications of users, and the event log that feeds open pages.
- `audit`, `export`: the audit log of accounts, and the archives that users download.
- `feed_window`, `search`, `search_index`, `sort_keys`: paging and searching of posts.
- `counters`, `locks`: stored counts, and PostgreSQL's advisory locks.

Modules outside this package import models from here.
"""

from livefeed.models.announcement import Announcement, Dismissal
from livefeed.models.audit import AuditEntry
from livefeed.models.event import Event
from livefeed.models.export import Export
from livefeed.models.follow import Follow
from livefeed.models.notification import Notification
from livefeed.models.picture import MissingPictureError, Picture
from livefeed.models.poll import NewPoll, Poll, PollOption, Vote, VoteError
from livefeed.models.post import EditConflictError, MissingQuestionError, Post
from livefeed.models.preferences import Preferences
from livefeed.models.profile import Profile
from livefeed.models.reaction import Bookmark, Like, PastLike
from livefeed.models.session import Session
from livefeed.models.tagging import Tagging
from livefeed.models.token import Token
from livefeed.models.user import NotActivatedError, User

__all__ = [
    "Announcement",
    "AuditEntry",
    "Bookmark",
    "Dismissal",
    "EditConflictError",
    "Event",
    "Export",
    "Follow",
    "Like",
    "MissingPictureError",
    "MissingQuestionError",
    "NewPoll",
    "NotActivatedError",
    "Notification",
    "PastLike",
    "Picture",
    "Poll",
    "PollOption",
    "Post",
    "Preferences",
    "Profile",
    "Session",
    "Tagging",
    "Token",
    "User",
    "Vote",
    "VoteError",
]
