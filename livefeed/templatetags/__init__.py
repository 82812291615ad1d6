"""Template tags: `livefeed` for all pages (built in, see settings.TEMPLATES), `accounts` for the account pages."""
