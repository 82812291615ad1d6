"""The documentation names files that exist and links that lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FOLDERS = ("livefeed/", "consumers/", "templates/", "static/", "tests/", "bench/", "docs/", "bin/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path):
    text = page.read_text()
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [link for link in links if link and not (page.parent / link).exists()]
    paths = [path for path in re.findall(r"`([\w./-]+)`", text) if path.startswith(FOLDERS)]
    missing += [path for path in paths if not (ROOT / path).exists()]

    assert missing == []


def test_the_map_names_the_packages_and_modules_of_the_code():
    text = (ROOT / "docs/architecture.md").read_text()
    modules = [
        path.relative_to(ROOT)
        for path in sorted(ROOT.glob("consumers/*/*.py"))
        if path.name != "__init__.py" and "management" not in path.parts
    ]
    packages = {
        path.parent.name for folder in ("livefeed", "consumers") for path in ROOT.glob(f"{folder}/*/__init__.py")
    }

    assert [name for name in packages if f"{name}/" not in text and f"{name}`" not in text] == []
    assert [str(path) for path in modules if path.stem not in text] == []
