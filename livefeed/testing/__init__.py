"""Fixtures for tests of live models, as a plugin of pytest: `pytest_plugins = ["livefeed.testing"]`.

- `live_reader` (`checks`): checks in the test's own process, with sockets of a page and a program, and long polls.
- `live_page` (`pages`): the same checks in a browser; needs pytest-playwright.
- `live_site` (`site`): a running site on the test database.
- `sockets`, `visibility`, `users`, `servers`: what these are made of.

docs/live-models.md shows their use. This is the only package of Livefeed that imports `consumers` and pytest, and
nothing else imports it.
"""

pytest_plugins = ["livefeed.testing.checks", "livefeed.testing.pages", "livefeed.testing.site"]
