"""`dead-letters`: what was rejected and why; and sending it back."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import orjson
import typer
from rich.console import Console
from rich.table import Table

from stream.cli import completion
from stream.dead_letters import DeadLetter, read_all, send_back
from stream.errors import FeedbackError
from stream.loop import run
from stream.privacy import redact_shown
from stream.settings import Settings

app = typer.Typer(help="What was rejected and why; send it back once the cause is mended.", no_args_is_help=True)

Reason = Annotated[
    str | None, typer.Option(autocompletion=completion.reasons, help="Only those rejected for this reason.")
]
Topic = Annotated[
    str | None, typer.Option(autocompletion=completion.topics, help="Only those that came by this topic.")
]
Original = Annotated[bool, typer.Option("--original", help="Show what is personal as well, untouched.")]


@app.command("list")
def list_(
    reason: Reason = None,
    topic: Topic = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
    format: Annotated[Literal["json", "table"], typer.Option(help="For programs or for people.")] = "table",  # noqa: A002
    original: Original = False,
) -> None:
    """List dead letters: id, time, reason, field and origin; as JSON also key, value and message, redacted.

    Example:

        feedback-stream dead-letters list --reason out_of_range
    """
    letters = _wanted(_load(), reason, topic)[-limit:]
    if format == "json":
        shower = _shower(original)
        for letter in letters:
            sys.stdout.buffer.write(orjson.dumps(_as_json(letter, shower), option=orjson.OPT_APPEND_NEWLINE))
        return
    table = Table("id", "time", "reason", "field", "origin", "bytes", header_style="bold", box=None)
    for letter in letters:
        time = letter.time.isoformat(timespec="seconds")
        size = "null" if letter.value is None else str(len(letter.value))
        table.add_row(letter.id, time, letter.reason, letter.field, letter.origin.removesuffix("--"), size)
    Console().print(table)


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="The id that `list` shows.")],  # noqa: A002
    original: Original = False,
) -> None:
    """Show one dead letter: why it was rejected, and its value, redacted, or with --original its original bytes.

    Example:

        feedback-stream dead-letters show 0-17
    """
    letter = next((letter for letter in _load() if letter.id == id), None)
    if letter is None:
        msg = f"there is no dead letter {id}; `feedback-stream dead-letters list` shows which there are"
        raise FeedbackError(msg)
    shower = _shower(original)
    shown = orjson.dumps(_as_json(letter, shower), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    sys.stdout.buffer.write(shown)
    value = letter.value or b""
    sys.stdout.buffer.write((value if original else shower(value).encode()) + b"\n")


@app.command()
def replay(
    id: Annotated[list[str] | None, typer.Argument(help="Ids that `list` shows; none for all that match.")] = None,  # noqa: A002
    reason: Reason = None,
    topic: Topic = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Send original bytes back to the topics they came from; what is still wrong comes back as a new dead letter.

    Example:

        feedback-stream dead-letters replay --reason unknown_scale --yes
    """
    letters = _wanted(_load(), reason, topic)
    if id:
        letters = [letter for letter in letters if letter.id in id]
    if not letters:
        typer.echo("no dead letter matches", err=True)
        return
    if not yes:
        typer.confirm(f"Send {len(letters)} records back?", abort=True)
    sent: list[int] = []

    async def back() -> None:
        sent.append(await send_back(Settings.load(), letters))

    run(back())
    typer.echo(f"{sent[0]} sent back", err=True)


def _load() -> list[DeadLetter]:
    found: list[DeadLetter] = []

    async def load() -> None:
        found.extend(await read_all(Settings.load()))

    run(load())
    return sorted(found, key=lambda letter: letter.time)


def _wanted(letters: list[DeadLetter], reason: str | None, topic: str | None) -> list[DeadLetter]:
    return [
        letter
        for letter in letters
        if reason in (None, letter.reason) and topic in (None, letter.origin.rsplit("-", 2)[0])
    ]


def _shower(original: bool) -> Callable[[bytes], str]:
    """How bytes are shown: as they are, or without what is personal."""
    if original:
        return lambda value: value.decode("utf-8", "replace")
    return partial(redact_shown, region=Settings.load().privacy_region)


def _as_json(letter: DeadLetter, shower: Callable[[bytes], str]) -> dict[str, object]:
    shown = letter._asdict()
    shown["message"] = shower(letter.message.encode())
    shown["key"] = None if letter.key is None else shower(letter.key)
    shown["value"] = None if letter.value is None else shower(letter.value)[:2_000]
    shown["bytes"] = None if letter.value is None else len(letter.value)
    shown["headers"] = {name: shower(value) for name, value in letter.headers}
    return shown
