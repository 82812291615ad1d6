"""The hub: reads the event log and delivers events to the connections of one process.

- `hub`: the loop that waits for wakeups, reads, dispatches and delivers.
- `layer_notifier`: wakeups between processes, through the channel layer.
- `event_log`: the log by position, with rendered rows and frames cached.
- `prefetch`: database reads before a dispatch.
- `dispatch`: the message due to each connection.
- `subscriptions`: index of connections by the topics of their views.
- `audience`: rules that decide whether a connection receives an event.
- `unread_counts`: numbers of unread notifications.
- `delivery`: writes to connections; `slow_clients`: pauses and disconnects clients that do not read.
- `replay`: the events that a client missed.
- `maintenance`: periodic jobs such as heartbeats and pruning.
- `time_slice`: yields to other tasks during long work.
"""
