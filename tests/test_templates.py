"""Rules for the templates: their lines stay short. `djlint templates --lint` checks the rest."""

from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
MAX_LINE_LENGTH = 120  # characters, as in Python


def test_no_line_of_a_template_is_too_long():
    too_long = []
    for file in sorted(TEMPLATES.rglob("*.*")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if len(line) > MAX_LINE_LENGTH:
                too_long.append(f"{file.relative_to(TEMPLATES)}:{number}")

    assert too_long == []
