"""Real servers for tests, and clients that use them without a browser.

`servers` starts PostgreSQL, Redis and sites, `mail` is a mail server, `people` holds users that post and read, `reader`
is an open page that follows the live feed as the scripts do, `page` is its list of posts, `crowd` runs many readers in
a thread, and `raw` is a WebSocket at the level of bytes.
"""
