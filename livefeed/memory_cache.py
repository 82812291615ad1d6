"""Cache in the memory of the process."""

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache


class MemoryCache(LocMemCache):
    """Django's cache in memory, which stores the values themselves: they must not be changed. A page reads 26 of them,
    and pickling them and checking that keys suit memcached takes most of a look-up."""

    if TYPE_CHECKING:  # missing in the stubs
        _cache: OrderedDict[str, Any]
        _lock: Lock

        def _has_expired(self, key: str) -> bool: ...

        def _delete(self, key: str) -> bool: ...

        def _set(self, key: str, value: Any, timeout: Any) -> None: ...

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        key = self.make_key(key, version)
        with self._lock:
            if self._has_expired(key):
                self._delete(key)
                return default
            self._cache.move_to_end(key, last=False)
            return self._cache[key]

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        key = self.make_key(key, version)
        with self._lock:
            self._set(key, value, timeout)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        key = self.make_key(key, version)
        with self._lock:
            if is_new := self._has_expired(key):
                self._set(key, value, timeout)
            return is_new
