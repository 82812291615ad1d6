"""Pages of a site of many posts: the same pages with a tenth of the posts and with all, on each database, next to an
empty page of the same site."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench import inside, machine
from bench.stopwatch import EMPTY
from bench.table import Figure, Figures, Results, Target, table
from tests import needs
from tests.stack import servers

TITLE = "Home and tags"
SEARCH = "Search"
WHOLE = Figure("whole page, p95")
MIDDLE = Figure("whole page, p50")
QUERIES = Figure("queries")
MAX_QUERIES = 7
LITE = "SQLite"
STACK = "PostgreSQL"
SLOWEST = "slowest"
"""Name of the column with the worst figure of each line."""
PLACES = {"first": "first page", "deep": "page 50"}


@dataclass(frozen=True)
class Place:
    """Size of the site.

    `people` users follow `follows` others each, and one reader follows `followed`. There are `posts` posts of average
    users, and `written` of each prolific author.
    """

    people: int = 200_000
    follows: int = 20
    followed: int = 2_000
    posts: int = 2_000_000
    written: int = 20_000

    def part(self, share: float) -> "Place":
        """Returns the same users with a share of the posts."""
        return replace(self, posts=int(self.posts * share), written=int(self.written * share))

    def words(self) -> tuple[int, ...]:
        return self.people, self.follows, self.followed, self.posts, self.written


QUICK = Place(people=2_000, followed=200, posts=20_000, written=500)
FULL = Place()


def chosen(word: str) -> list[str]:
    """Returns the databases selected by `--only`: both for `home` or nothing, else `home-sqlite` or
    `home-postgresql`."""
    return [database for database in (LITE, STACK) if f"home-{database.lower()}".startswith(word)]


def run(place: Place, folder: Path, databases: list[str]) -> tuple[list[str], list[list[str]]]:
    """Returns the tables of each available database, and the lines of their targets."""
    tables = []
    rows = []
    for database in databases:
        if database == STACK and not needs.postgres("initdb"):
            machine.say(f"{TITLE}: PostgreSQL is not installed")
            continue
        results, found = measure(place, folder / f"reading-{database}", database)
        tables.append(table(f"{TITLE}, {database}, ms", results, compared=False))
        tables.append(table(f"{SEARCH}, {database}, ms", found, compared=False))
        rows += [target.row({f"{TITLE}, {database}": results[SLOWEST]}) for target in targets(database)]
        rows += [target.row({f"{SEARCH}, {database}": found[SLOWEST]}) for target in search_targets(database)]
    return tables, rows


def measure(place: Place, folder: Path, database: str) -> tuple[Results, Results]:
    """Returns the figures of all pages, with their growth from a tenth of the posts, and those of searches."""
    folder.mkdir()
    with environment(folder, database) as env:
        few = figures(place.part(0.1), env, database)
        many = figures(place.part(0.9), env, database)
        found = searches(env, database)
    for name, column in many.items():
        column |= {growth(page): column[middle(page)] / few[name][middle(page)] for page in PLACES.values()}
    empty = many[EMPTY][Figure(f"{PLACES['first']}: {MIDDLE.name}")]
    for column in (*many.values(), *found.values()):
        column |= {times_empty(figure): column[figure] / empty for figure in list(column) if MIDDLE.name in figure.name}
    return many, found


def searches(env: dict[str, str], database: str) -> Results:
    """Returns the figures of each kind of search, the worst under SLOWEST."""
    machine.say(f"{SEARCH}, {database}")
    with machine.on_server_core():
        found = json.loads(inside.call("searching", env=env))
    results = {name: {Figure(what): value for what, value in values.items()} for name, values in found.items()}
    return results | {SLOWEST: worst_of(results)}


def figures(added: Place, env: dict[str, str], database: str) -> Results:
    """Adds posts; returns the figures of each page, the worst of each line under SLOWEST."""
    machine.say(f"{TITLE}, {database}: {added.posts:,} posts more")
    with machine.on_server_core():
        found = json.loads(inside.call("home", *added.words(), env=env))
    results = {name: dict(lines(pages)) for name, pages in found.items()}
    return results | {SLOWEST: worst_of(results)}


def worst_of(results: Results) -> Figures:
    worst: Figures = {}
    for column in results.values():
        worst |= {figure: max(value, worst.get(figure, 0)) for figure, value in column.items()}
    return worst


def lines(pages: dict[str, dict[str, float]]) -> Iterator[tuple[Figure, float]]:
    for page, values in pages.items():
        for what, value in values.items():
            yield Figure(f"{PLACES[page]}: {what}"), value


def in_database(page: str) -> Figure:
    return Figure(f"{page}: database, p95")


def middle(page: str) -> Figure:
    """Returns the figure used for comparison: the median is less affected by other programs."""
    return Figure(f"{page}: database, p50")


def whole(page: str) -> Figure:
    return Figure(f"{page}: whole page, p95")


def times_empty(figure: Figure) -> Figure:
    """Returns the figure of how many times as long as the empty page a page takes."""
    return Figure(f"{figure.name}, times the empty page")


def growth(page: str) -> Figure:
    return Figure(f"{page}: database, p50, times that of a tenth of the posts")


def targets(database: str) -> Iterator[Target]:
    of = f"{TITLE}, {database}"
    for page in PLACES.values():
        yield Target(of, in_database(page), at_most=15)
        yield Target(of, growth(page), at_most=1.5)
        yield Target(of, whole(page), at_most=60)
        yield Target(of, Figure(f"{page}: {QUERIES.name}"), at_most=MAX_QUERIES)
        yield Target(of, times_empty(Figure(f"{page}: {MIDDLE.name}")), at_most=3)


def search_targets(database: str) -> Iterator[Target]:
    of = f"{SEARCH}, {database}"
    yield Target(of, WHOLE, at_most=50)
    yield Target(of, QUERIES, at_most=MAX_QUERIES)
    yield Target(of, times_empty(MIDDLE), at_most=3)


@contextmanager
def environment(folder: Path, database: str) -> Iterator[dict[str, str]]:
    """Yields Livefeed's environment with an empty database, removed at the end of the block."""
    env = inside.environment(folder)
    if database == LITE:
        yield env
    else:
        with servers.postgresql() as url:
            yield env | {"DATABASE_URL": url}
