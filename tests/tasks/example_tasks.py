"""Tasks for the tests of the worker."""

from pathlib import Path

from django.tasks import task


@task
def write_into(file: str, line: str) -> None:
    """Appends a line to a file."""
    with Path(file).open("a") as output:
        output.write(f"{line}\n")


@task
def fail_until(file: str) -> str:
    """Fails until a file exists."""
    if not Path(file).exists():
        raise ConnectionRefusedError("connection refused on purpose")
    return "done"
