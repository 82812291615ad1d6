"""Functions that another package registers, because the package that calls them must not import it."""

import logging
from collections.abc import Callable


class Hooks[**P, R]:
    """Registered functions. One that raises is logged, and does not affect the others."""

    def __init__(self, logger: logging.Logger, failure: str) -> None:
        """`failure` is the sentence that is logged to `logger` with the error."""
        self._logger = logger
        self._failure = failure
        self._functions: set[Callable[P, R]] = set()

    def add(self, function: Callable[P, R]) -> None:
        """Registers a function, until it is discarded."""
        self._functions.add(function)

    def discard(self, function: Callable[P, R]) -> None:
        """Removes a function. Harmless if it is not registered."""
        self._functions.discard(function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        """Calls all functions; returns the results of those that do not raise."""
        results: list[R] = []
        for function in tuple(self._functions):
            try:
                results.append(function(*args, **kwargs))
            except Exception:
                self._logger.exception(self._failure)
        return results
