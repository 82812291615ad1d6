"""Accounts: everything around users that django-allauth and Django's models do not do themselves.

- `active_sessions`: list of a user's sign-ins and tokens, with the pages that are open with each.
- `adapter`: django-allauth's hooks: error messages, sign-up, sign-in limits, emails handed to tasks.
- `audit`: writes the audit log, in the database and in the server's log.
- `authentication`: the user of a request, loaded with the session.
- `current_actor`: user and network address behind the request that is being answered.
- `devices`: known devices of an account, recognized by a signed cookie.
- `email_confirmation`: state of a confirmation link: fresh, used, taken, expired or unknown.
- `emails`: emails that tasks render, and the hand-over to the mail server.
- `last_admin`: refuses changes that would leave the site without an administrator.
- `logins`: finds the account that a sign-in names.
- `open_pages`: registry of functions that find a user's open sockets.
- `password_attempts`: limits of attempts to give a password, by device, network address and account.
- `ranks`: who may manage whom in the admin.
- `rate_limits`: seconds until a limited action may be tried again, on top of allauth's counters.
- `session_store`: Django's database session store on Livefeed's own table.
"""
