"""Querysets that are compiled to SQL once per process.

Django builds and compiles a queryset each time, which takes several times as long as the database takes to answer: 0.3
to 1.5 ms for the queries of a page. The queries of a page differ only in their parameters.
"""

from collections.abc import Callable, Hashable
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import update_wrapper
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet

MAX_QUERIES = 100
"""Compiled queries of one function that stay in memory, about 30 KB each."""
FIRST_ID = 2**62
"""First of the ids that stand for ids while a query is compiled. No row has such an id."""
MAX_ID = 2**63 - 1
"""The greatest id that both databases store; users can send greater numbers."""
FIRST_MOMENT = datetime(9999, 1, 1, tzinfo=UTC)
"""First of the times that stand for times while a query is compiled."""


class compiled[**P]:  # noqa: N801  # a decorator
    """Decorator of a function that returns a queryset. A call of the decorated function returns the queryset's rows.

    The function is called once for each combination of its arguments' types, with placeholders for ids, users, times,
    texts and lists of ids. It must use these, unchanged, as values in conditions. None, booleans and keyword arguments
    are passed as they are: the function is called once for each of their values, and once for each length of a list. To
    keep these lengths few, lists are filled up to a power of two with their last id.
    """

    def __init__(self, build: Callable[P, QuerySet[Any, Any]]) -> None:
        update_wrapper(self, build)
        self._build = build
        self._queries: dict[Hashable, CompiledQuery] = {}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[Any]:
        values: list[Any] = []
        shapes = tuple(_shape(arg, values) for arg in args)
        if any(isinstance(value, int) and value > MAX_ID for value in values):  # compiled differently
            return list(self._build(*args, **kwargs))
        key = (shapes, *kwargs.items())
        query = self._queries.get(key)
        if query is None:
            if len(self._queries) >= MAX_QUERIES:  # users determine the form of some queries, such as searches
                self._queries.clear()
            placeholders = Placeholders()
            queryset = self._build(*(placeholders.replace(arg) for arg in args), **kwargs)
            query = self._queries[key] = CompiledQuery(queryset, placeholders)
        return query.rows(values)


def _shape(argument: Any, values: list[Any]) -> Any:
    """Adds the values that `argument` holds to `values`. Returns what distinguishes it from arguments with which the
    SQL is different."""
    if isinstance(argument, bool) or argument is None:
        return argument
    if isinstance(argument, list):
        padded = _padded(argument)
        values.extend(padded)
        return f"list of {len(padded)}"  # a number would equal True or False
    values.append(argument.pk if isinstance(argument, Model) else argument)
    return argument.__class__  # the class that a lazy object represents, not that of the lazy object


def _padded(ids: list[int]) -> list[int]:
    """Returns a list of a power of two of ids, or of none, that contains the same ids."""
    if not ids:
        return []
    return ids + [ids[-1]] * ((1 << (len(ids) - 1).bit_length()) - len(ids))


class Placeholders:
    """Values that stand for the arguments while a query is compiled, each different from all others."""

    def __init__(self) -> None:
        self._count = 0
        self.indexes: dict[Any, int] = {}
        """Index of each placeholder among the values, by the placeholder as it appears in the compiled query."""

    def replace(self, argument: Any) -> Any:
        """Returns placeholders of the same type as `argument`."""
        if isinstance(argument, bool) or argument is None:
            return argument
        if isinstance(argument, list):
            return [self.replace(each) for each in _padded(argument)]
        if isinstance(argument, Model):
            return argument.__class__(pk=self.replace(argument.pk))
        return self._next(argument)

    def _next(self, argument: int | str | datetime) -> int | str | datetime:
        number = self._count
        self._count += 1
        placeholder: int | str | datetime
        if isinstance(argument, datetime):
            placeholder = FIRST_MOMENT + timedelta(microseconds=number)
        elif isinstance(argument, str):
            placeholder = f"Placeholder {number}\0 "  # changed by most functions, so that these are noticed
        else:
            placeholder = FIRST_ID + number
        self.indexes[_prepared(placeholder)] = number
        return placeholder


class CompiledQuery:
    """The SQL of a queryset, and its parameters: constants, and indexes of the values that a call gives."""

    def __init__(self, queryset: QuerySet[Any, Any], placeholders: Placeholders) -> None:
        self._model = queryset.model
        self._iterable_class = cast(Any, queryset)._iterable_class
        self._compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql = ""  # stays empty if the query cannot have rows
        self._constants: list[Any] = []
        self._indexes: list[tuple[int, int]] = []
        try:
            self._sql, parameters = self._compiler.as_sql()
        except EmptyResultSet:
            return
        self._converters = self._compiler.get_converters([column for column, _, _ in self._compiler.select])
        self._constants = list(parameters)
        for position, parameter in enumerate(parameters):
            if (index := placeholders.indexes.get(parameter)) is not None:
                self._indexes.append((position, index))
        if missing := set(placeholders.indexes.values()) - {index for _, index in self._indexes}:
            raise ValueError(f"the query does not have the values {sorted(missing)} as parameters: {self._sql}")

    def rows(self, values: list[Any]) -> list[Any]:
        """Runs the query and returns its rows, as Django returns them."""
        if not self._sql:
            return []
        parameters = self._constants.copy()
        for position, index in self._indexes:
            parameters[position] = _prepared(values[index])
        compiler: Any = copy(self._compiler)
        compiler.connection = connection  # each thread has its own
        compiler.as_sql = lambda: (self._sql, tuple(parameters))
        compiler.get_converters = lambda columns: self._converters
        query: Any = CompiledWith(compiler)
        return list(self._iterable_class(QuerySet(self._model, query)))


class CompiledWith:
    """Takes the place of a queryset's query, so that the queryset uses `compiler`."""

    def __init__(self, compiler: Any) -> None:
        self._compiler = compiler

    def get_compiler(self, using: str) -> Any:
        return self._compiler


def _prepared(value: int | str | datetime) -> Any:
    """Returns a value as Django passes it to the database driver."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
