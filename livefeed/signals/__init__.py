"""Signals that Livefeed sends, for other apps to connect to. They are public, documented in docs/signals.md, and kept
stable: `from livefeed.signals import user_registered`.

Each is sent by `send_robust` after the transaction has committed: a receiver that raises is logged and affects neither
the save nor the other receivers. Nothing is sent for a change that was rolled back.

`receivers/` has Livefeed's own receivers of Django's signals, `dispatch` sends the signals below, `registry` lists
which receiver is connected to which signal, `metrics` counts and times the receivers.
"""

from django.dispatch import Signal

post_published = Signal()
"""Sent when a post appears for the first time. Sender: `Post`. Arguments: `post`."""
post_edited = Signal()
"""Sent when the text or the pictures of a post changed. Sender: `Post`. Arguments: `post`."""
post_removed = Signal()
"""Sent when a post is removed by its author (who can undo it) or deleted. Sender: `Post`.
Arguments: `post`, `post_id`."""
post_restored = Signal()
"""Sent when a removal is undone. Sender: `Post`. Arguments: `post`."""
post_liked = Signal()
"""Sent when a user likes a post. Sender: `Like`. Arguments: `user_id`, `post_id`."""
post_unliked = Signal()
"""Sent when a user takes a like back. Sender: `Like`. Arguments: `user_id`, `post_id`."""
user_registered = Signal()
"""Sent when a user has signed up. Sender: `User`. Arguments: `user`."""
user_activated = Signal()
"""Sent once per user, when a user who signed up may post from now on. Sender: `User`. Arguments: `user`."""
user_followed = Signal()
"""Sent when a user follows another. Sender: `Follow`. Arguments: `follower_id`, `followed_id`."""
user_unfollowed = Signal()
"""Sent when a user stops following another. Sender: `Follow`. Arguments: `follower_id`, `followed_id`."""
