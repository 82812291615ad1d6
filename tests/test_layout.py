"""Rules for the structure of the code: direction of imports, size of files and functions, docstrings."""

import ast
from functools import cache
from pathlib import Path

from tests import selection

ROOT = Path(__file__).resolve().parents[1]
MAX_STATEMENTS_IN_FILE = 250
"""Counted in statements, not lines: formatting must not decide where a file is split."""
MAX_STATEMENTS_IN_FUNCTION = 30


def sources(*folders: str) -> list[str]:
    """The Python files of folders, as paths from the project's root."""
    return sorted(str(file.relative_to(ROOT)) for folder in folders for file in (ROOT / folder).rglob("*.py"))


def tree_of(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text())


@cache
def imported_by(source: str) -> list[str]:
    """The full names of all modules that a file imports, inside functions too."""
    package = Path(source).parent.parts
    names: list[str] = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


TESTING = sources("livefeed/testing")
"""Fixtures for the tests of apps. They run the whole application, and only tests import them."""
LIVEFEED = [source for source in sources("livefeed") if source not in TESTING]
PRODUCTION = [*LIVEFEED, *sources("consumers")]
EVERYTHING = [*PRODUCTION, *TESTING]
WRITTEN_BY_HAND = [source for source in EVERYTHING if "/migrations/" not in source and (ROOT / source).stat().st_size]


def test_the_sources_are_found():
    assert "livefeed/models/post.py" in LIVEFEED
    assert "consumers/hub/hub.py" in EVERYTHING


def imports_of(sources: list[str], *packages: str) -> list[str]:
    """Every import in `sources` of one of these top-level packages, as "source: name"."""
    found = [(source, name) for source in sources for name in imported_by(source)]
    return [f"{source}: {name}" for source, name in found if name.split(".")[0] in packages]


def test_livefeed_does_not_import_consumers():
    assert imports_of(LIVEFEED, "consumers", "asgi") == []


def test_consumers_import_no_model():
    """They route topics and render through declarations: a new live model needs no change there."""
    imported = [(source, name) for source in sources("consumers") for name in imported_by(source)]
    assert [f"{source}: {name}" for source, name in imported if name.startswith("livefeed.models")] == []


def test_production_code_does_not_import_the_tests():
    assert imports_of(PRODUCTION, "tests", "bench", "pytest") == []
    assert imports_of(TESTING, "tests", "bench") == []


def test_only_tests_import_livefeed_testing():
    imported = [(source, name) for source in PRODUCTION for name in imported_by(source)]
    assert [f"{source}: {name}" for source, name in imported if name.startswith("livefeed.testing")] == []


def statements_in(node: ast.AST) -> int:
    return sum(isinstance(child, ast.stmt) for child in ast.walk(node))


def test_files_and_functions_are_small():
    too_long = []
    for source in WRITTEN_BY_HAND:
        tree = tree_of(source)
        if statements_in(tree) > MAX_STATEMENTS_IN_FILE:
            too_long.append(source)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        names = [node.name for node in functions if statements_in(node) > MAX_STATEMENTS_IN_FUNCTION]
        too_long += [f"{source}:{name}" for name in names]

    assert too_long == []


def test_every_module_and_public_class_has_a_docstring():
    silent = []
    for source in WRITTEN_BY_HAND:
        tree = tree_of(source)
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
        silent += [f"{source}:{node.name}" for node in classes if not ast.get_docstring(node)]
        silent += [] if ast.get_docstring(tree) else [source]

    assert silent == []


MODEL_SIGNALS = ("django.db.models.signals", "django.dispatch")
ALLOWED_ELSEWHERE = {"django.dispatch", "django.dispatch.Signal"}


def test_receivers_of_model_signals_stand_in_one_place():
    for source in EVERYTHING:
        if not source.startswith("livefeed/signals/"):
            names = {name for name in imported_by(source) if name.startswith(MODEL_SIGNALS)}
            assert names <= ALLOWED_ELSEWHERE, source


def test_the_listed_tests_exist():
    listed = [
        *selection.ON_BOTH,
        *selection.PARTLY_ON_BOTH,
        *selection.REPEATED_IN_FULL,
        *selection.ONLY_ON_POSTGRESQL,
        *selection.ONLY_ON_SQLITE,
        *selection.STARTS_SERVERS,
        *selection.SLOW,
    ]

    assert [path for path in listed if not (ROOT / path).exists()] == []


def test_files_with_tests_marked_for_both_databases_are_listed():
    marked = {source for source in sources("tests") if "mark.both" in (ROOT / source).read_text()}
    outside_browser = {source for source in marked if not source.startswith("tests/browser/")}

    assert outside_browser - {"tests/selection.py", "tests/test_layout.py"} == set(selection.PARTLY_ON_BOTH)
