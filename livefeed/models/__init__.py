"""The things Livefeed keeps."""

from livefeed.models.audit import AuditEntry
from livefeed.models.event import Event
from livefeed.models.export import Export
from livefeed.models.follow import Follow
from livefeed.models.notification import Notification
from livefeed.models.picture import MissingPictureError, Picture
from livefeed.models.post import EditConflictError, Post
from livefeed.models.preferences import Preferences
from livefeed.models.profile import Profile
from livefeed.models.reaction import Bookmark, Like
from livefeed.models.session import Session
from livefeed.models.tagging import Tagging
from livefeed.models.token import Token
from livefeed.models.user import NotActivatedError, User

__all__ = [
    "AuditEntry",
    "Bookmark",
    "EditConflictError",
    "Event",
    "Export",
    "Follow",
    "Like",
    "MissingPictureError",
    "NotActivatedError",
    "Notification",
    "Picture",
    "Post",
    "Preferences",
    "Profile",
    "Session",
    "Tagging",
    "Token",
    "User",
]
