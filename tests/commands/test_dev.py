"""`bin/dev`: the secret key that it writes, so that other commands work after it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def write_secret_key(folder: Path, **environment: str) -> str:
    """Runs the step of bin/dev in `folder`; returns the resulting .env."""
    (folder / "bin").mkdir(exist_ok=True)
    shutil.copy(ROOT / "bin/setup", folder / "bin/setup")
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(ROOT / ".venv")
    variables = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"} | environment
    command = f"source {folder}/bin/setup; write_secret_key"
    subprocess.run(["bash", "-euc", command], env=variables, check=True, capture_output=True)
    file = folder / ".env"
    return file.read_text() if file.exists() else ""


@pytest.mark.parametrize("before", ["", "PORT=8001", "# SECRET_KEY=\nPORT=8001\n"])
def test_a_key_is_written_once_and_readable_by_its_owner_only(tmp_path, before):
    if before:
        (tmp_path / ".env").write_text(before)
    text = write_secret_key(tmp_path)
    assert text.startswith(before)
    assert len(re.findall(r"^SECRET_KEY=[\w-]{60,}$", text, re.MULTILINE)) == 1
    assert before or (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert write_secret_key(tmp_path) == text


@pytest.mark.parametrize("line", ["SECRET_KEY=mine", "export SECRET_KEY=mine", "SECRET_KEY_FILE=/run/key"])
def test_an_own_key_stays(tmp_path, line):
    (tmp_path / ".env").write_text(line)
    assert write_secret_key(tmp_path) == line


def test_a_key_in_the_environment_suffices(tmp_path):
    assert write_secret_key(tmp_path, SECRET_KEY="mine") == ""
