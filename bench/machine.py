"""Cores of the machine, resources used by processes, and a one-line description. Linux only."""

import os
import platform
import resource
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
SERVER_CORE, LOAD_CORE = _CORES[0], _CORES[-1]
TICKS = os.sysconf("SC_CLK_TCK")


def take_over() -> None:
    """Pins this process, and with it the load generator, to LOAD_CORE, and raises its limit of open files to the
    maximum.

    Exits with a message if a requirement is missing.
    """
    if sys.platform != "linux":
        sys.exit("The benchmarks need Linux: the load generator waits on epoll, and memory is read from /proc.")
    if not shutil.which("cc"):
        sys.exit("The load generator is a C program. On Debian or Ubuntu: apt-get install gcc libc6-dev")
    if SERVER_CORE == LOAD_CORE:
        say("There is only one core: the server and the load generator share it, and every figure is worse.")
    _, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))
    os.sched_setaffinity(0, {LOAD_CORE})
    end_as_exception()


def end_as_exception() -> None:
    """Turns SIGTERM and SIGHUP into an exception, so that all started processes are ended too."""
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda *_: sys.exit("Stopped."))


@contextmanager
def on_server_core() -> Iterator[None]:
    """Pins processes started in the block to SERVER_CORE."""
    os.sched_setaffinity(0, {SERVER_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, {LOAD_CORE})


def memory_kb(pid: int) -> float:
    """Returns the resident memory of a process and its descendants, in KB."""
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in family(pid))
    return pages * resource.getpagesize() / 1024


def cpu_seconds(pid: int) -> float:
    """Returns the processor time of a process and its descendants, all threads included, in seconds."""
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in family(pid)]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


def family(pid: int) -> Iterator[int]:
    """Yields the ids of a process and all its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


class Usage:
    """Processor time used since its creation by the server `pid`, this process and others."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = self._now()

    def server(self) -> float:
        """Returns the seconds used by the server."""
        return self._since()[0]

    def own(self) -> float:
        """Returns the seconds used by this process."""
        return self._since()[1]

    def others(self, load: float) -> float:
        """Returns the share of a core used by other programs, in percent; `load` is the load generator's use in
        seconds."""
        server, own, total, wall = self._since()
        return max(0.0, 100 * (total - server - own - load) / wall)

    def _now(self) -> tuple[float, ...]:
        return cpu_seconds(self._pid), time.process_time(), _all_seconds(), time.monotonic()

    def _since(self) -> tuple[float, ...]:
        return tuple(now - began for now, began in zip(self._now(), self._began, strict=True))


class OtherPrograms:
    """Processor time used since its creation by other programs on the machine."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._used = _others_seconds()

    def share(self) -> float:
        """Returns their share of all cores, in percent. Running children of this process count as other programs."""
        return 100 * (_others_seconds() - self._used) / (time.monotonic() - self._began) / (os.cpu_count() or 1)


def described() -> str:
    """Returns a one-line description of the machine."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{len(_CORES)} cores ({_processor()}), {python}, Linux {platform.release()}"


def say(text: str) -> None:
    """Prints progress to standard error; standard output gets the figures alone."""
    print(text, file=sys.stderr, flush=True)


def _others_seconds() -> float:
    """Returns the processor time not used by this process and its finished children, in seconds."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return _all_seconds() - sum(each.ru_utime + each.ru_stime for each in own)


def _all_seconds() -> float:
    """Returns the processor time used on all cores, in seconds."""
    user, nice, system, _idle, _waiting, *rest = map(int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
    return (user + nice + system + sum(rest)) / TICKS


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
