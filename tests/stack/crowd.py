"""Readers with open pages, in a thread of their own while the test writes."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Self

from livefeed.models import User
from tests.factories import cookie_of
from tests.stack.reader import TIMEOUT, Reader
from tests.stack.servers import Site


class Crowd:
    """Readers of one or more sites."""

    def __init__(self, *sites: Site) -> None:
        self.sites = sites
        self._readers: list[Reader] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="crowd", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        for reader in self._readers:
            self._do(reader.close())
        self._do(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def load(self, user: User | None, path: str = "/", sites: Sequence[Site] = ()) -> Reader:
        """Loads a page as a user (None: a visitor), without opening its socket."""
        reader = Reader(sites or self.sites, path, cookie_of(user) if user else "")
        self._readers.append(reader)
        self._do(reader.load())
        return reader

    def open(self, user: User | None, path: str = "/", sites: Sequence[Site] = ()) -> Reader:
        """Loads a page and opens its socket."""
        reader = self.load(user, path, sites)
        self.go_live(reader)
        return reader

    def go_live(self, reader: Reader) -> None:
        self._do(reader.go_live())

    def go_offline(self, reader: Reader) -> None:
        self._do(reader.go_offline())

    def settle(self) -> None:
        """Waits until each site has delivered all committed events: it sends a page no hello before that."""
        for site in self.sites:
            self.go_offline(self.open(None, sites=[site]))

    def wait(self, reader: Reader, condition: Callable[[], bool], within: float = TIMEOUT) -> float:
        """Waits for a condition of a reader; returns the seconds that it took."""
        began = time.monotonic()
        self._do(reader.until(condition, within))
        return time.monotonic() - began

    def exact(self, reader: Reader, expected: Sequence[int], within: float = TIMEOUT) -> float:
        """Waits until a page shows each of `expected` once, newest first; returns the seconds that it took.

        A page that was refetched meanwhile shows the newest posts only: the older ones are then loaded.
        """
        ids = list(expected)

        def holds_the_newest() -> bool:
            shown = reader.posts.ids
            whole = len(shown) == len(ids) or bool(reader.posts.older and shown)
            return reader.is_live and not reader.is_refetching and whole and shown == ids[: len(shown)]

        try:
            seconds = self.wait(reader, holds_the_newest, within)
        except AssertionError as error:
            raise AssertionError(f"{error}; {difference(reader.posts.ids, ids)}") from None
        self._do(reader.read_on())
        assert reader.posts.ids == ids, difference(reader.posts.ids, ids)
        assert reader.out_of_order == 0
        return seconds

    def _do[T](self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def difference(shown: Sequence[int], expected: Sequence[int]) -> str:
    """Returns how a page differs from the expected posts, for an error message."""
    missing = sorted(set(expected) - set(shown))
    foreign = sorted(set(shown) - set(expected))
    doubled = len(shown) - len(set(shown))
    return f"missing {missing[:10]} of {len(missing)}, foreign {foreign[:10]}, doubled {doubled}"
