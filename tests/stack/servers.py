"""Servers for tests: PostgreSQL and Redis, each on a free port of 127.0.0.1, stopped at the end. Livefeed's own server
and the functions that start processes are those of `livefeed.testing`."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livefeed.testing.servers import ROOT, Site, answers, free_port, process, wait_until
from tests import needs

__all__ = ["ROOT", "Site", "answers", "free_port", "postgresql", "process", "redis", "wait_until"]


@contextmanager
def redis(port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Runs a Redis without persistence; yields its URL and its process."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="livefeed-redis-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with process(command, port, log=Path(folder) / "log") as server:
            yield f"redis://127.0.0.1:{port}/0", server


@contextmanager
def postgresql() -> Iterator[str]:
    """Runs a PostgreSQL with one empty database; yields its URL. As root it runs as the user `postgres`, as it must."""
    folder = Path(tempfile.mkdtemp(prefix="livefeed-postgresql-"))
    port = free_port()
    as_user: list[str] = []
    owner = "postgres"
    if os.geteuid() == 0:
        shutil.chown(folder, owner, owner)
        as_user = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"]
    try:
        initdb = [
            needs.postgres("initdb") or "initdb",
            "-D",
            f"{folder}/data",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
        ]
        options = ["--no-locale", "--no-sync"]
        subprocess.run([*as_user, *initdb, *options], check=True, stdout=subprocess.DEVNULL, cwd="/")
        settings = ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=200"]
        command = [
            *as_user,
            needs.postgres("postgres") or "postgres",
            "-D",
            f"{folder}/data",
            "-k",
            str(folder),
            "-p",
            str(port),
        ]
        command += [word for setting in settings for word in ("-c", setting)]
        with process(command, port, stop=signal.SIGINT, log=folder.with_suffix(".log")):
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)
