"""Every receiver, and nothing else. Each does one small thing by calling one named function; none does any work itself.

`posts` hears of posts and their pictures, `ties` of likes and follows, `people` of accounts and what they sign in with.
Each has a `connect()` that shows at a glance what hears what; the name at the end of a line, its dispatch_uid, is what
a receiver is known by.

`raw=True` (loaddata) is ignored: fixtures bring rows whose neighbours may not be there yet. Receivers run inside the
transaction of the save that fired them, so what they write is committed with it. They take what they need of what a
signal says, by name; the rest goes into `how`. Signals of our own, for other apps, are in livefeed/public.py; receivers
here say when one of them is due. `manage.py signals` prints who hears what, docs/signals.md says why.
"""

from livefeed.signals import people, posts, ties


def connect() -> None:
    """Connects every receiver; called once, by `LivefeedConfig.ready()`."""
    for module in (posts, ties, people):
        module.connect()
