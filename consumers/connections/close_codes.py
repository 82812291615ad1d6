"""Close codes of the sockets. docs/websocket-clients.md documents them for clients.

A client reconnects after a code from 3000 to 3499 and does not repeat the same request after one from 3500 to 3999.
The codes are plain integers, not an IntEnum: autobahn rejects a code whose type is not exactly `int`.
"""

RESTARTING = 3001
"""The server is restarting, too busy to complete the handshake, or failed to catch the client up."""

TOO_SLOW = 3008
"""The client did not read what was sent for LIVEFEED_SLOW_SECONDS."""

REPLACED = 3009
"""A newer socket of the same user replaced this one: LIVEFEED_SOCKETS_PER_PERSON was exceeded."""

TOO_MANY = 3010
"""Visitors at this address already hold LIVEFEED_SOCKETS_PER_ADDRESS sockets."""

SIGNED_OUT = 3500
"""The session has ended."""

SUSPENDED = 3501
"""The user's account is suspended."""

BAD_TOKEN = 3503
"""The token is unknown or was revoked."""

REFUSED = 3504
"""The view is unknown or not allowed, or the client sent an invalid message or too many."""
