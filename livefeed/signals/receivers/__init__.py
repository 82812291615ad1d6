"""Every signal receiver of Livefeed, and nothing else.

Each receiver calls one named function and does no work itself. `posts` has the receivers for posts and pictures,
`social` those for likes and follows, `accounts` those for users, sessions and tokens, `sign_in` those for second steps
and the OpenID Connect provider. The `connect()` of each module shows at a glance which receiver is connected to which
signal; the `dispatch_uid` at the end of a line identifies the receiver.

Receivers ignore `raw=True` (loaddata), because a fixture may bring a row before the rows it refers to. They run inside
the transaction of the save that sent the signal, so whatever they write is committed with it. They take the arguments
they need by name; the rest goes into `kwargs`. `manage.py signals` prints what is connected, docs/signals.md says why.
"""

from livefeed.signals.receivers import accounts, live, posts, sign_in, social


def connect() -> None:
    """Connects every receiver; called once, by `LivefeedConfig.ready()`."""
    for module in (posts, social, accounts, sign_in, live):
        module.connect()
