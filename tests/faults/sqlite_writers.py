"""`DATABASE_URL=sqlite:///FILE python -m tests.faults.sqlite_writers WRITERS POSTS KILLS`: processes that post into one
SQLite file, of which now and then one is killed and another goes on with its posts. Prints what happened as JSON."""

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
    """A process, the pipe on which it says what it has posted, and how many posts it still has to make."""

    process: ForkProcess
    pipe: Connection
    left: int

    @classmethod
    def start(cls, posts: int) -> "Writer":
        pipe, end = fork.Pipe(duplex=False)
        process = fork.Process(target=write, args=(posts, end))
        process.start()
        end.close()  # the writer's is the only one left: when it dies the pipe ends
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
    """One writer: says the id of each post once it is committed, or why it could not be."""
    for _ in range(posts):
        try:
            pipe.send(post_after_reading())
        except OperationalError as error:
            pipe.send(str(error))


def post_after_reading() -> int:
    """Posts in a transaction that has read before it writes: one that began as a reader could not become a writer."""
    with transaction.atomic():
        return Post.objects.publish(User.objects.get(), title="", body="Hello.").pk


class Crew:
    """Writers at work. Of them `kills` are killed, one after every so many posts, each just after it has begun a post:
    the one that spoke last holds the database while the others wait."""

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
        """Hears all writers until they are done."""
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
        """Lets another one go on with what a killed writer left. Raises `RuntimeError` if it ended by itself."""
        del self._writers[writer.pipe]
        writer.process.join()
        if writer.process.exitcode not in (0, -SIGKILL):
            raise RuntimeError(f"a writer ended with {writer.process.exitcode}")
        if writer.left:
            self.add(Writer.start(writer.left))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
