"""The machine: its cores, what a process uses of it, and one line that says what it is. Linux only."""

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
    """Pins this process, and so the load it makes, to LOAD_CORE, and lets it and its children open all files they may.
    Exits with a sentence where something that measuring needs is missing."""
    if sys.platform != "linux":
        sys.exit("The benchmarks need Linux: the load generator waits on epoll, and memory is read from /proc.")
    if not shutil.which("cc"):
        sys.exit("The load generator is a C program. On Debian or Ubuntu: apt-get install gcc libc6-dev")
    if SERVER_CORE == LOAD_CORE:
        say("There is one core only: server and load share it, and every figure is worse for it.")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {LOAD_CORE})
    end_as_exception()


def end_as_exception() -> None:
    """Turns being ended into an exception, so that every process that was started is ended too."""
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, lambda *_: sys.exit("Stopped."))


@contextmanager
def on_server_core() -> Iterator[None]:
    """Pins what is started in the block to SERVER_CORE."""
    os.sched_setaffinity(0, {SERVER_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, {LOAD_CORE})


def memory_kb(pid: int) -> float:
    """Resident memory of a process and its children, in KB."""
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in family(pid))
    return pages * resource.getpagesize() / 1024


def cpu_seconds(pid: int) -> float:
    """Processor time that a process and its children have used, in seconds, all their threads together."""
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in family(pid)]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


def family(pid: int) -> Iterator[int]:
    """A process, its children, theirs and so on."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


class Usage:
    """Who uses the processor from now on: the server `pid`, this process, others."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = self._now()

    def server(self) -> float:
        """Seconds that the server has used."""
        return self._since()[0]

    def own(self) -> float:
        """Seconds that this process has used."""
        return self._since()[1]

    def others(self, load: float) -> float:
        """How much of a core other programs used, in percent; `load` is what the load generator used, in seconds."""
        server, own, everybody, wall = self._since()
        return max(0.0, 100 * (everybody - server - own - load) / wall)

    def _now(self) -> tuple[float, ...]:
        return cpu_seconds(self._pid), time.process_time(), _all_seconds(), time.monotonic()

    def _since(self) -> tuple[float, ...]:
        return tuple(now - began for now, began in zip(self._now(), self._began, strict=True))


class Neighbours:
    """The other programs on the machine, from now on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._used = _others_seconds()

    def share(self) -> float:
        """How much of all cores they used, in percent. Children of ours that still run count as others."""
        return 100 * (_others_seconds() - self._used) / (time.monotonic() - self._began) / (os.cpu_count() or 1)


def described() -> str:
    """The machine in one line."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{len(_CORES)} cores ({_processor()}), {python}, Linux {platform.release()}"


def say(text: str) -> None:
    """Tells how far the run is; the figures alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


def _others_seconds() -> float:
    """Processor time that was used, but not by this process and the children that it has seen end."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return _all_seconds() - sum(each.ru_utime + each.ru_stime for each in own)


def _all_seconds() -> float:
    """Processor time that was used on all cores."""
    user, nice, system, _idle, _waiting, *rest = map(int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
    return (user + nice + system + sum(rest)) / TICKS


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
