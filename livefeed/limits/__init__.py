"""Rate limits of what users do: `table` declares them, `counters` counts for all processes, and `RateLimitMiddleware`
enforces them. Limits of signing in and of mail are django-allauth's (`livefeed.accounts.rate_limits`)."""
