"""The fault tests in full length: what is killed, frozen or flushed while people post and listen."""

import os
import signal
import subprocess
import sys

from bench import machine
from bench.inside import ROOT

FOLDER = "tests/faults"
PLACES = {
    "SQLite, in-memory layer": ("-m", "pytest", FOLDER, "-s"),
    "PostgreSQL and Redis": ("-m", "tests.stack", FOLDER, "-s"),
}
PATIENCE = 60
"""Seconds that tests have to stop their servers when they are broken off."""


def run(times: int) -> int:
    """Runs them so often at each place, showing what they print. Returns the exit status: 1 if one failed."""
    machine.end_as_exception()
    runs = [(f"{place}, {number + 1} of {times}", PLACES[place]) for number in range(times) for place in PLACES]
    failed = [what for what, words in runs if run_once(what, words)]
    print(f"{len(runs)} runs of the fault tests, {len(failed)} of them failed")
    for what in failed:
        print(f"FAILED: {what}")
    return bool(failed)


def run_once(what: str, words: tuple[str, ...]) -> int:
    """Returns the exit status. Broken off, it interrupts the tests and all that they started, so that nothing stays."""
    machine.say(f"Fault tests on {what}")
    environment = {**os.environ, "LIVEFEED_FAULTS": "full"}
    with subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, start_new_session=True) as tests:
        try:
            return tests.wait()
        except BaseException:
            interrupt(tests)
            raise


def interrupt(tests: subprocess.Popen[bytes]) -> None:
    """Ends a group of processes, by force if it does not listen."""
    os.killpg(tests.pid, signal.SIGINT)
    try:
        tests.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(tests.pid, signal.SIGKILL)
