"""Rate limits of what users do: `table` declares them, `counters` counts for all processes, `RateLimitMiddleware`
enforces them, `networks` says which addresses count as one client, and `durations` puts times to wait into words.
Limits of signing in and of mail are django-allauth's (`livefeed.accounts.rate_limits`)."""
