"""Finds the programs that the tests start: a browser, Redis, PostgreSQL, nginx. As root on Debian, installs them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from glob import glob

DEBIAN = {
    "chromium": "chromium chromium-headless-shell",
    "redis-server": "redis-server",
    "initdb": "postgresql",
    "nginx": "nginx-light",
    "openssl": "openssl",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HEADLESS_SHELL = "chromium-headless-shell"
"""Needs a third less processor time than the whole browser, and has no back-forward cache."""


def chromium() -> str | None:
    """Returns the path of a Chromium or Chrome, None if there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def headless_chromium() -> str | None:
    """Returns the path of the quickest Chromium for tests that need no back-forward cache."""
    return shutil.which(HEADLESS_SHELL) or chromium()


def postgres(program: str) -> str | None:
    """Returns the path of the newest version of a PostgreSQL program; Debian keeps them out of PATH."""
    versions = sorted(glob(f"/usr/lib/postgresql/*/bin/{program}"), key=lambda path: int(path.split("/")[4]))
    return versions[-1] if versions else shutil.which(program)


def nginx() -> str | None:
    """Returns the path of nginx, which Debian keeps out of the PATH of ordinary users."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def missing() -> list[str]:
    """Returns the names of the programs that are not installed."""
    found = {
        "chromium": chromium(),
        "redis-server": shutil.which("redis-server"),
        "initdb": postgres("initdb"),
        "nginx": nginx(),
        "openssl": shutil.which("openssl"),
    }
    return [name for name, path in found.items() if path is None]


def install(names: Iterable[str]) -> None:
    """Installs programs by apt. Raises `CalledProcessError` if that fails."""
    apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    packages = [package for name in names for package in DEBIAN[name].split()]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run([*apt, *words], check=True, stdout=subprocess.DEVNULL, env=environment)


def main() -> None:
    names = missing()
    line = "apt-get install " + " ".join(DEBIAN[name] for name in names)
    if names and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing what the tests start: {line}", file=sys.stderr)
        try:
            install(names)
        except subprocess.CalledProcessError:
            sys.exit(f"That failed. Please install it by hand: {line}")
        names = missing()
    if names:
        sys.exit(f"The tests need {', '.join(names)}. On Debian or Ubuntu: {line}")


if __name__ == "__main__":
    main()
