"""The example app of docs/signals.md, installed as documented, under the launcher and plain daphne."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import database_url
from tests.factories import make_cast
from tests.stack.people import Person
from tests.stack.servers import ROOT, Site, wait_until


@pytest.fixture(params=[False, True], ids=["launcher", "daphne"])
def herald_site(transactional_db, tmp_path: Path, request) -> Iterator[Site]:
    """A site with the example app."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/signals.md").read_text(), re.DOTALL)
    assert code is not None
    (tmp_path / "herald").mkdir()
    (tmp_path / "herald/__init__.py").touch()
    (tmp_path / "herald/apps.py").write_text(code.group(1))
    installed = {"PYTHONPATH": str(tmp_path), "LIVEFEED_APPS": "herald"}
    site = Site({**os.environ, "DATABASE_URL": database_url(), **installed}, tmp_path, plain=request.param)
    site.start()
    yield site
    site.stop()


def test_the_app_receives_posts_and_follows_by_its_async_receiver(herald_site):
    cast = make_cast()
    assert Person(herald_site, cast.author).send("/posts/", body="Hello.") == 200
    assert Person(herald_site, cast.stranger).send("/@author/follow/") == 200
    wanted = ["@author wrote: Hello.", f"{cast.stranger.pk} follows {cast.author.pk}"]
    wait_until(lambda: all(said in herald_site.log() for said in wanted), "the app has received both signals")
    assert "unfollow" not in herald_site.log()
