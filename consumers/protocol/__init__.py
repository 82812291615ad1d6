"""Wire protocol: what is sent to a client and how.

- `frames`: the JSON frames, one function each.
- `message`: frames joined and encoded once for all connections that receive the same.
- `transport`: senders, the way from the hub to one client.
- `direct_writer`: a sender's fast path to the socket, with back pressure.
"""
