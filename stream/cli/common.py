"""What commands share: arguments that are read alike, lines of files, progress."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer
from pydantic_core import PydanticCustomError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from stream.errors import SettingsError
from stream.events.times import parse_time
from stream.windows import seconds

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE…", help="Files with one JSON event a line; - is standard input.", show_default=False),
]


def read_lines(paths: Iterable[Path]) -> Iterator[bytes]:
    """The lines of files, in their order, with a progress bar on a terminal.

    Raises:
        SettingsError: if a file cannot be read.
    """
    for path in paths:
        if str(path) == "-":
            yield from (line.rstrip(b"\r\n") for line in sys.stdin.buffer)
            continue
        try:
            with path.open("rb") as file, progress(path.name, path.stat().st_size) as advance:
                for line in file:
                    advance(len(line))
                    yield line.rstrip(b"\r\n")
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}"
            raise SettingsError(msg) from None


@contextmanager
def progress(title: str, total: int | None, *, bytes_: bool = True) -> "Iterator[_Advance]":
    """A progress bar on standard error, where that is a terminal; call the result with what was done."""
    unit = TransferSpeedColumn() if bytes_ else MofNCompleteColumn()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), unit, TimeElapsedColumn(),
        console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True,
    ) as bar:  # fmt: skip
        yield _Advance(bar, bar.add_task(title, total=total))


class _Advance:
    """Moves a bar on, not more often than an eye can see."""

    def __init__(self, bar: Progress, task: object) -> None:
        self._bar = bar
        self._task = task
        self._done = 0
        self._shown = 0.0

    def __call__(self, done: int) -> None:
        self._done += done
        now = time.monotonic()
        if now - self._shown > 0.1:
            self._shown = now
            self._bar.update(self._task, completed=self._done)  # type: ignore[arg-type]


def moment(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 time.

    Raises:
        SettingsError: if it is none.
    """
    try:
        time: datetime = parse_time(text)
    except PydanticCustomError as error:
        raise SettingsError(str(error)) from None
    return time.timestamp()


def duration(text: str | None) -> int | None:
    """Seconds of a duration such as `60s`, or None."""
    return None if text is None else seconds(text)


def only(name: str, values: Iterable[str], allowed: Sequence[str]) -> None:
    """Refuse values of an option that are not among those allowed.

    Raises:
        SettingsError: if there is one, with those that are.

    >>> only("scope", ["all"], ["all", "channel"])
    """
    for value in values:
        if value not in allowed:
            msg = f"{name} must be one of {', '.join(allowed)}; got {value!r}"
            raise SettingsError(msg)


def stdout() -> TextIO:
    """Standard output, for a command's result."""
    return sys.stdout
