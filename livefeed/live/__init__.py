"""Publishes changes to open pages. `publishing` writes events into the log and wakes the listeners of this process;
the consumers, which read the log, are in the package `consumers`."""
