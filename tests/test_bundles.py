"""The joined script and style sheet: complete, never stale, and refused where joining would change what they do."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from livefeed.bundles import BundleError, join_modules, join_styles
from livefeed.staticfiles import BundleFinder

STATIC = settings.BASE_DIR / "static"


@pytest.fixture
def write(tmp_path: Path):
    """Returns a function that writes a script or style sheet and returns its path."""

    def write(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return write


def test_every_module_is_in_the_script_once():
    script = join_modules(STATIC / "js/livefeed.js")

    modules = re.findall(r'^\$modules\["(.+)"\] = ', script, re.MULTILINE)
    assert sorted(modules) == sorted(file.name for file in (STATIC / "js").iterdir())
    assert modules[-1] == "livefeed.js"


def test_every_style_sheet_is_in_the_joined_one_once_and_the_layers_come_first():
    styles = join_styles(STATIC / "css/livefeed.css")

    parts = [file.read_text().strip() for file in (STATIC / "css").iterdir() if file.name != "livefeed.css"]
    assert [styles.count(part) for part in parts] == [1] * len(parts)
    assert re.findall(r"@layer .+;|{", styles)[0] == "@layer base, shell, components, states;"


def test_addresses_in_the_joined_style_sheet_exist():
    styles = join_styles(STATIC / "css/livefeed.css")

    addresses = re.findall(r'url\("?([^"#)]+)', styles)
    assert addresses
    assert all((STATIC / "css" / address).is_file() for address in addresses)


@pytest.mark.parametrize(
    "line",
    [
        'import "./one.js";',
        'import one from "./one.js";',
        'import one, { first } from "./one.js";',
        'import { first } from "./folder/one.js";',
        'import { first } from "../one.js";',
        'import { first } from "one";',
        "import { first } from './one.js';",
        'import { first } from "./one.js"',
        'import { missing } from "./one.js";',
        'import { first, } from "./one.js";',
        'import {} from "./one.js";',
        'import { "first" as other } from "./one.js";',
        'import { default as one } from "./one.js";',
        'import data from "./one.json" with { type: "json" };',
        'const one = await import("./one.js");',
        "const here = import.meta.url;",
        'await fetch("/");',
        'const answer = await fetch("/");',
        "for await (const part of parts);",
        "export default 1;",
        "export let count = 0;",
        "export var count = 0;",
        "export const { count } = {};",
        "export { count };",
        'export { first } from "./one.js";',
        'export * from "./one.js";',
        "export const count = 0;\nexport const count = 1;",
    ],
)
def test_a_module_in_another_form_is_refused_by_its_name(write, line):
    write("one.js", "export const first = 1;\n")
    entry = write("entry.js", f"{line}\nconst rest = 0;\n")

    with pytest.raises(BundleError, match=r"^entry\.js: "):
        join_modules(entry)


def test_modules_that_import_each_other_are_refused(write):
    write("one.js", 'import { second } from "./two.js";\nexport const first = () => second;\n')
    write("two.js", 'import { first } from "./one.js";\nexport const second = () => first;\n')
    entry = write("entry.js", 'import { first } from "./one.js";\nfirst();\n')

    with pytest.raises(BundleError, match=r"entry\.js > one\.js > two\.js > one\.js"):
        join_modules(entry)


@pytest.mark.parametrize("rule", ['@import "a.css" screen;', '@import url("a.css");', '@import "../a.css";'])
def test_another_form_of_css_import_is_refused(write, rule):
    with pytest.raises(BundleError):
        join_styles(write("entry.css", f"{rule}\n"))


def test_only_the_entry_imports_style_sheets(write):
    write("a.css", '@import "b.css";\n')

    with pytest.raises(BundleError):
        join_styles(write("entry.css", '@import "a.css";\n'))


@pytest.fixture
def finder(write, settings, tmp_path: Path) -> BundleFinder:
    """A finder of files in a folder of its own."""
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    settings.BUNDLES_ROOT = tmp_path / "bundles"
    write("static/icons.svg", "<svg/>")
    write("static/css/livefeed.css", '@import "part.css";\n')
    write("static/css/part.css", "a { color: red }\n")
    write("static/js/livefeed.js", 'import { start } from "./part.js";\n\nstart();\n')
    write("static/js/part.js", "export function start() {}\n")
    return BundleFinder()


def files(finder: BundleFinder) -> dict[str, str]:
    """Returns the text of all files that a finder lists, by their paths."""
    return {path: Path(storage.path(path)).read_text() for path, storage in finder.list(None)}


def test_bundles_are_listed_in_place_of_their_parts(finder):
    assert sorted(files(finder)) == ["css/livefeed.css", "icons.svg", "js/livefeed.js"]


def test_a_changed_part_is_in_the_bundle_at_once(finder, write):
    assert "red" in files(finder)["css/livefeed.css"]

    write("static/css/part.css", "a { color: green }\n")
    assert files(finder)["css/livefeed.css"] == "a { color: green }\n\n"
    write("static/css/part.css", "a { color: blue }\n")
    assert Path(finder.find("css/livefeed.css")).read_text() == "a { color: blue }\n\n"


def test_an_unchanged_bundle_is_not_written_again(finder):
    script = Path(finder.find("js/livefeed.js"))
    before = script.stat()

    finder.find("js/livefeed.js")
    assert script.stat().st_ino == before.st_ino
    assert script.stat().st_mtime_ns == before.st_mtime_ns
