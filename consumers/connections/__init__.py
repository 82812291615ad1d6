"""Client connections: how they are opened, limited and closed.

`connection` describes an open connection, `admission` admits and closes them, `authentication` resolves a handshake to
a viewer and a view, `authorization` rechecks the rights of open connections, `close_codes` names the close codes,
`origin` checks the Origin header, `client_ip` determines the client's address, and `rate_limit` limits inbound
messages.
"""
