"""The launcher behind `manage.py serve`, and the threads that serve requests and database reads.

`server` extends daphne, `supervisor` runs several workers on one port, `task_process` runs the task worker as a child
process, `request_limits` limits the size and time of requests, `request_handler` and `request_threads` run Django's
requests in a bounded number of threads, and `db_threads` runs the database reads of sockets and the hub.
"""
