"""Generated users and posts, for development and for load tests."""
