"""Public signals for other apps, stable and documented in docs/signals.md.

    from livefeed.signals import user_registered

Each signal is sent by `send_robust` after the transaction has committed: a receiver that raises is logged and affects
neither the save nor the other receivers. Nothing is sent for a change that was rolled back, for rows loaded from
fixtures, or for bulk writes.

- `receivers`: Livefeed's own receivers of Django's and allauth's signals, and of `user_registered`.
- `dispatch`: sends the signals below, called by the receivers.
- `registry`: lists which receiver is connected to which signal.
- `metrics`: counts and times the calls of each receiver.
- `cascades`: finds the row or queryset that a deletion started with.
"""

from django.dispatch import Signal

post_published = Signal()
"""Sent after the commit when a post or reply is created. Sender: `Post`. Arguments: `post`."""
post_edited = Signal()
"""Sent after the commit when the text or the pictures of a post change. Sender: `Post`. Arguments: `post`."""
post_removed = Signal()
"""Sent after the commit when a post is removed by its author (who can undo it) or deleted, once for a post that is
first removed and later deleted. Sender: `Post`. Arguments: `post` as it was before, `post_id`."""
post_restored = Signal()
"""Sent after the commit when the author undoes a removal. Sender: `Post`. Arguments: `post`."""
post_liked = Signal()
"""Sent after the commit when a user likes a post. Sender: `Like`. Arguments: `user_id`, `post_id`."""
post_unliked = Signal()
"""Sent after the commit when a like ends, also because its post or user is deleted. Sender: `Like`.
Arguments: `user_id`, `post_id`."""
user_registered = Signal()
"""Sent after the commit when a user signs up, not for users created by a command or in the admin. Sender: `User`.
Arguments: `user`."""
user_activated = Signal()
"""Sent after the commit when an account is activated, by the link in an email or by staff; once per user, who can post
from then on. Sender: `User`. Arguments: `user`."""
user_followed = Signal()
"""Sent after the commit when a user follows another. Sender: `Follow`.
Arguments: `follower_id`, `followed_id`."""
user_unfollowed = Signal()
"""Sent after the commit when a follow ends, also because one of the users is deleted. Sender: `Follow`.
Arguments: `follower_id`, `followed_id`."""
