"""The live side of Livefeed: WebSocket consumers, the long poll, and the hub that delivers events to them.

`routing` maps URLs to consumers. `base` is the common consumer, `feed` serves browsers, `events` serves programs, and
`poll` serves browsers without WebSockets. `presence` finds a user's open pages in all processes, and `metrics` defines
the figures of /metrics. `connections` holds what belongs to one connection, `hub` reads the event log and dispatches
its events, `protocol` encodes and sends frames, and `server` is the launcher.
"""
