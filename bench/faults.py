"""The fault tests in full length: processes are killed, frozen or flushed while clients post and read."""

import os
import signal
import subprocess
import sys

from bench import machine
from bench.inside import ROOT

FOLDER = "tests/faults"
ENVIRONMENTS = {
    "SQLite, in-memory layer": ("-m", "pytest", FOLDER, "-s"),
    "PostgreSQL and Redis": ("-m", "tests.stack", FOLDER, "-s"),
}
INTERRUPT_TIMEOUT = 60
"""Seconds that interrupted tests have to stop their servers."""


def run(times: int) -> int:
    """Runs the tests `times` times in each environment and shows their output. Returns the exit status: 1 if a run
    failed."""
    machine.end_as_exception()
    runs = [
        (f"{name}, {number + 1} of {times}", ENVIRONMENTS[name]) for number in range(times) for name in ENVIRONMENTS
    ]
    failed = [name_of_run for name_of_run, words in runs if run_once(name_of_run, words)]
    print(f"{len(runs)} runs of the fault tests, {len(failed)} of them failed")
    for name_of_run in failed:
        print(f"FAILED: {name_of_run}")
    return bool(failed)


def run_once(name_of_run: str, words: tuple[str, ...]) -> int:
    """Runs the tests once; returns their exit status. If interrupted, ends the tests and all processes they started."""
    machine.say(f"Fault tests on {name_of_run}")
    environment = {**os.environ, "LIVEFEED_FAULTS": "full"}
    with subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, start_new_session=True) as tests:
        try:
            return tests.wait()
        except BaseException:
            interrupt(tests)
            raise


def interrupt(tests: subprocess.Popen[bytes]) -> None:
    """Interrupts a process group; kills it after INTERRUPT_TIMEOUT."""
    os.killpg(tests.pid, signal.SIGINT)
    try:
        tests.wait(INTERRUPT_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(tests.pid, signal.SIGKILL)
