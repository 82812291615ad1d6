"""The shape of the code: imports run one way, files stay small, everything says what it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES_MOST = 300


def sources(*folders: str) -> list[str]:
    """The Python files of folders, as paths from the project's root."""
    return sorted(str(file.relative_to(ROOT)) for folder in folders for file in (ROOT / folder).rglob("*.py"))


def tree_of(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text())


def imported_by(source: str) -> Iterator[str]:
    """The full names of all modules that a file imports, inside functions too."""
    package = Path(source).parent.parts
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


LIVEFEED, EVERYTHING = sources("livefeed"), sources("livefeed", "consumers")
WRITTEN_BY_HAND = [source for source in EVERYTHING if "/migrations/" not in source and tree_of(source).body]


def test_there_is_something_to_look_at():
    assert "livefeed/models/post.py" in LIVEFEED
    assert "consumers/hub/hub.py" in EVERYTHING


@pytest.mark.parametrize("source", LIVEFEED)
def test_livefeed_knows_neither_the_consumers_nor_the_server(source):
    above = [name for name in imported_by(source) if name.split(".")[0] in ("consumers", "asgi")]

    assert above == []


@pytest.mark.parametrize("source", EVERYTHING)
def test_nothing_that_runs_in_production_knows_the_tests(source):
    assert [name for name in imported_by(source) if name.split(".")[0] in ("tests", "bench", "pytest")] == []


@pytest.mark.parametrize("source", EVERYTHING)
def test_a_file_is_under_300_lines(source):
    assert len((ROOT / source).read_text().splitlines()) < LINES_MOST


@pytest.mark.parametrize("source", WRITTEN_BY_HAND)
def test_every_module_and_every_public_class_says_what_it_is(source):
    tree = tree_of(source)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]

    silent = [node.name for node in classes if not ast.get_docstring(node)]

    assert ast.get_docstring(tree)
    assert silent == []


@pytest.mark.parametrize("source", [source for source in EVERYTHING if not source.startswith("livefeed/signals/")])
def test_the_receivers_of_model_signals_are_all_in_one_place(source):
    names = {name for name in imported_by(source) if name.startswith(("django.db.models.signals", "django.dispatch"))}
    assert names <= {"django.dispatch", "django.dispatch.Signal"}, "only signals of our own may be made elsewhere"
    assert "receiver" not in {name.rpartition(".")[2] for name in names}
