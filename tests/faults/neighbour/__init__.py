"""Somebody else's app in the same site, which misbehaves."""
