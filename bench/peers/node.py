"""Installation of the Node.js peers: packages in the versions of package.json, in a folder under var/bench/."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).with_name("package.json")
FOLDER = Path(__file__).resolve().parents[2] / "var" / "bench" / "node"
ENVIRONMENT = {"NODE_ENV": "production", "NODE_PATH": str(FOLDER / "node_modules")}
INSTALL = ("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent")
INSTALL_TIMEOUT = 300
"""Seconds that the installation may take."""


@cache
def is_ready() -> bool:
    """True if the packages are installed, after installing them if necessary; prints the reason if not."""
    if not (shutil.which("node") and shutil.which("npm")):
        _leave_out("Node.js and npm are missing. On Debian or Ubuntu: apt-get install nodejs npm")
        return False
    try:
        install()
    except (OSError, subprocess.SubprocessError) as error:
        _leave_out(f"their packages cannot be installed: {error}")
        return False
    return True


def install() -> None:
    """Installs the packages if package.json has changed. Raises `SubprocessError`."""
    installed = FOLDER / "installed.json"
    if installed.is_file() and installed.read_bytes() == PACKAGE.read_bytes():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    shutil.copy(PACKAGE, FOLDER)
    subprocess.run(INSTALL, cwd=FOLDER, check=True, timeout=INSTALL_TIMEOUT, stdout=sys.stderr)
    shutil.copy(PACKAGE, installed)


def _leave_out(reason: str) -> None:
    print(f"Socket.IO and ws are left out: {reason}", file=sys.stderr, flush=True)
