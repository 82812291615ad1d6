"""Live models: changes of their rows appear on all open pages that show them.

- `declarations`: the base classes `LiveModel` and `Declaration`, and the registry.
- `posts`, `users`, `notices`, `announcements`: the declarations of Livefeed's own models, and the functions that
  publish their changes.
- `topics`: the routing keys of events; `views`: what can be shown, with its topics and who may open it.
- `readers`: what declarations know about the page or program that reads.
- `ephemeral`: events that are shown for a moment and never stored; `writing`: "Ada is writing a reply".
- `publishing`: writes events into the log and wakes its readers after the commit.
- `queryset`, `bulk`: bulk writes of live models, for which Django sends no signals.
- `log`, `entries`: reads events; `credentials`: finds the users of sessions and tokens.
- `tracing`, `traces`: record and show the path of recent changes; `explanations`: why a user sees a row.
- `maintenance`: what is deleted regularly.

Nothing here knows sockets: the consumers, which deliver the events, are in the package `consumers`.
"""
