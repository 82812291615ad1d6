"""A third-party app of the site, which misbehaves."""
