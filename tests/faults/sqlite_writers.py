"""Processes that post into one SQLite file; some are killed, and others continue with their posts.

`DATABASE_URL=sqlite:///FILE python -m tests.faults.sqlite_writers WRITERS POSTS KILLS` prints the result as JSON.
"""

import json
import multiprocessing
import os
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from signal import SIGKILL

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livefeed.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  # after django.setup()
from django.db import OperationalError, transaction  # noqa: E402

from livefeed.models import Post, User  # noqa: E402

# Forked before any database connection is opened: a process each in a few milliseconds.
fork = multiprocessing.get_context("fork")


@dataclass
class Writer:
    """A process, the pipe on which it reports its posts, and the number of posts it still has to create."""

    process: ForkProcess
    pipe: Connection
    left: int

    @classmethod
    def start(cls, posts: int) -> "Writer":
        pipe, end = fork.Pipe(duplex=False)
        process = fork.Process(target=write, args=(posts, end))
        process.start()
        end.close()  # only the writer holds this end now: the pipe closes when the writer dies
        return cls(process, pipe, posts)


def main(writers: int, posts: int, kills: int) -> None:
    set_up = fork.Process(target=make_database)
    set_up.start()
    set_up.join()
    crew = Crew(kills, every=writers * posts // (kills + 1))
    for _ in range(writers):
        crew.add(Writer.start(posts))
    crew.work()
    print(json.dumps({"posted": crew.posted, "failed": crew.failed, "killed": crew.killed}))


def make_database() -> None:
    call_command("migrate", verbosity=0)
    User.objects.create(username="author")


def write(posts: int, pipe: Connection) -> None:
    """Runs one writer, which reports the id of each committed post, or the error."""
    for _ in range(posts):
        try:
            pipe.send(post_after_reading())
        except OperationalError as error:
            pipe.send(str(error))


def post_after_reading() -> int:
    """Posts in a transaction that reads before it writes: SQLite could not upgrade one that began as a reader."""
    with transaction.atomic():
        return Post.objects.publish(User.objects.get(), title="", body="Hello.").pk


class Crew:
    """Running writers, of which `kills` are killed, one after every `every` posts.

    The writer that reported last is killed: it has begun its next post and holds the database while the others wait.
    """

    def __init__(self, kills: int, every: int) -> None:
        self._kills = kills
        self._every = every
        self._writers: dict[Connection, Writer] = {}
        self.posted: list[int] = []
        self.failed: list[str] = []
        self.killed = 0

    def add(self, writer: Writer) -> None:
        self._writers[writer.pipe] = writer

    def work(self) -> None:
        """Receives reports until all writers are done."""
        while self._writers:
            for pipe in wait(list(self._writers)):
                writer = self._writers[pipe]  # type: ignore[index]  # nothing else is waited for
                try:
                    self._take(writer, writer.pipe.recv())
                except EOFError:
                    self._replace(writer)

    def _take(self, writer: Writer, said: int | str) -> None:
        if isinstance(said, int):
            self.posted.append(said)
        else:
            self.failed.append(said)
        writer.left -= 1
        if writer.left and self.killed < self._kills and len(self.posted) > self._every * (self.killed + 1):
            self.killed += 1
            writer.process.kill()

    def _replace(self, writer: Writer) -> None:
        """Starts another writer for the remaining posts of a killed one. Raises `RuntimeError` if it was not killed."""
        del self._writers[writer.pipe]
        writer.process.join()
        if writer.process.exitcode not in (0, -SIGKILL):
            raise RuntimeError(f"a writer ended with {writer.process.exitcode}")
        if writer.left:
            self.add(Writer.start(writer.left))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
