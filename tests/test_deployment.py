"""Files of a deployment: what the service may do, and who can read what it stores."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from livefeed.models import Picture
from tests.image_files import file
from tests.stack.servers import ROOT

UNIT = ROOT / "docs" / "deploy" / "livefeed.service"
MAX_EXPOSURE = 2.0
"""Exposure by `systemd-analyze security`, from 0 (best) to 10. It rates a unit below 5 as OK."""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_service_has_few_rights():
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    exposure = re.search(r"Overall exposure level.*: ([\d.]+) OK", report)
    assert exposure, report
    assert float(exposure[1]) < MAX_EXPOSURE


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_other_users_of_the_machine_can_read_nothing(cast):
    picture = Picture.objects.store(cast.author, file())
    stored = Path(settings.MEDIA_ROOT, picture.path("small"))

    assert mode_of(settings.VAR_DIR) == mode_of(stored.parent) == mode_of(Path(settings.MEDIA_ROOT)) == 0o700
    assert mode_of(stored) == 0o600
    database = Path(settings.DATABASES["default"]["NAME"])
    if database.is_file():
        assert mode_of(database) == 0o600
