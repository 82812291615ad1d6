"""Observability: health and logs. Metrics are where they are counted: `consumers/metrics.py`, `signals/metrics.py`.

- `health`: readiness report for /readyz, with probes that other modules register.
- `logging`: removes secret keys from log records.
"""
