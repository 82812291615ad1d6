"""`python -m bench.inside MODULE WORD...` sets up Django, then calls `main(WORD...)` of a module of this package.

Code that uses Livefeed's models runs in a process of its own: settings are read once for each process, and each run has
its own database.
"""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import django

from livefeed.limits.table import LIMITS

ROOT = Path(__file__).resolve().parents[1]
PROCESS_TIMEOUT = 1_200
"""Seconds that one such process may take."""
RESPONSE_TIMEOUT = 30
"""Seconds within which a working server answers."""


def call(module: str, *words: object, env: dict[str, str]) -> str:
    """Runs `bench.<module>` in a process of its own; returns its output. Raises `CalledProcessError`."""
    command = [sys.executable, "-m", "bench.inside", module, *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True, timeout=PROCESS_TIMEOUT
    )
    return done.stdout


def environment(folder: Path, port: int = 0) -> dict[str, str]:
    """Returns the environment of Livefeed in production on SQLite and the in-memory layer, with its files in
    `folder`."""
    url = f"http://127.0.0.1:{port}"
    limits = ",".join(f"{action}=1000000/m" for action in LIMITS)  # counted as in production, never reached
    return {
        **os.environ,
        "BENCH_STATIC": str(folder / "static"),
        "DATABASE_URL": f"sqlite:///{folder / 'livefeed.sqlite3'}",
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "LIVEFEED_RATE_LIMITS": limits,
        "LIVEFEED_URL": url,
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "REDIS_URL": "",
        "SECRET_KEY": "for-measuring-only-and-known-to-everybody-who-reads-this",
    }


if __name__ == "__main__":
    django.setup()
    import_module(f"bench.{sys.argv[1]}").main(*sys.argv[2:])
