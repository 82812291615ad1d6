"""Tasks that do what the tests of the worker want."""

from pathlib import Path

from django.tasks import task


@task
def write_into(file: str, line: str) -> None:
    """Adds a line to a file."""
    with Path(file).open("a") as output:
        output.write(f"{line}\n")


@task
def fail_until(file: str) -> str:
    """Fails until there is a file."""
    if not Path(file).exists():
        raise ConnectionRefusedError("nobody is there")
    return "done"
