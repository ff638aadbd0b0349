"""`import`: history from files to the topics."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from stream.cli import completion
from stream.cli.common import read_lines
from stream.cli.send import send_records
from stream.errors import SettingsError
from stream.imports.reading import Format, format_of, things
from stream.loop import run
from stream.settings import Settings

if TYPE_CHECKING:
    from stream.gateway.records import Record
    from stream.sources import Source


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON; - is standard input.", show_default=False)],
    source: Annotated[
        str,
        typer.Option(
            autocompletion=completion.sources,
            help="Whose export it is: a source of docs/sources.md, or a name of yours.",
        ),
    ],
    columns: Annotated[
        Path | None, typer.Option("--map", help="YAML that says what becomes which event, as for `generic`.")
    ] = None,
    kind: Annotated[
        Format | None, typer.Option("--format", help="Left out: by the file's name.", show_default=False)
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(help="A header, as `NAME: VALUE`, that the source looks at.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="How the text of a CSV file is encoded.")] = "utf-8",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of it.")] = False,
) -> None:
    """Read what a sender has exported, and send its events; then say what became of the file.

    What is sent twice counts once. What cannot be counted is told, with its place, and sent nowhere.

    Example:

        feedback-stream import answers.csv --source our-tool --map columns.yaml --dry-run
    """
    from stream.gateway.records import Preparer  # noqa: PLC0415  most commands need no sources
    from stream.imports.history import Report, records  # noqa: PLC0415

    settings = Settings.load()
    found, report, given = _source(settings, source, columns), Report(), dict(map(_header, header or ()))
    read = things(read_lines([file]), _format(file, kind), _encoding(encoding))
    made = records(read, found, Preparer(settings), given, time.time(), report)
    if dry_run:
        for _ in made:
            pass
    else:
        run(_send(settings, made))
    typer.echo(report)
    if report.rejected and not report.events:
        raise typer.Exit(1)


def _format(file: Path, kind: Format | None) -> Format:
    found = kind or format_of(file.name)
    if found is None:
        msg = f"what {file} holds cannot be told by its name; say it with --format csv, ndjson or json"
        raise SettingsError(msg)
    return found


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        msg = f"there is no encoding {name}; utf-8 and cp1252 are usual"
        raise SettingsError(msg) from None
    return name


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        msg = f"a header is written `NAME: VALUE`; got {text!r}"
        raise SettingsError(msg)
    return name.strip(), value.strip()


def _source(settings: Settings, name: str, columns: Path | None) -> "Source":
    from stream.gateway.inlets import made, sources  # noqa: PLC0415

    if columns is not None:
        try:
            said: Any = yaml.safe_load(columns.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            msg = f"{columns} cannot be read: {getattr(error, 'strerror', None) or error}"
            raise SettingsError(msg) from None
        if not isinstance(said, dict):
            msg = f"{columns} must hold a mapping with `events`, as for the source generic (docs/import.md)"
            raise SettingsError(msg)
        return made(name, {"source": "generic"} | said, str(columns))
    known = sources(settings)
    if name not in known:
        msg = f"there is no source {name}; there are {', '.join(sorted(known))}, and any other with --map"
        raise SettingsError(msg)
    return known[name]


async def _send(settings: Settings, made: "Iterable[Record]") -> None:
    await send_records(settings, ((record.topic, record.key, record.value, record.headers) for record in made))
