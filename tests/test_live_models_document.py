"""docs/live-models.md contains the example app, file by file."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs/live-models.md").read_text()
EXAMPLE = ROOT / "examples/links"
FILE = re.compile(r"^`links/([\w./]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MAX_LINES = 40
"""Lines of the declaration, as the document promises."""


def written_by_hand(file: Path) -> bool:
    return file.suffix in (".py", ".html") and "migrations" not in file.parts and bool(file.read_text())


def test_the_document_shows_every_file_of_the_example_as_it_is():
    files = {str(file.relative_to(EXAMPLE)): file.read_text() for file in EXAMPLE.rglob("*") if written_by_hand(file)}

    assert dict(FILE.findall(DOCUMENT)) == files


def test_the_declaration_has_forty_lines_at_most():
    lines = [line for line in (EXAMPLE / "live.py").read_text().splitlines() if line]

    assert len(lines) <= MAX_LINES
