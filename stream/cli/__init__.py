"""The command `feedback-stream`: one file for each of its commands."""

import sys

import typer

from stream import __version__, logs
from stream.cli import (
    bench,
    dead_letters,
    demo,
    doctor,
    erase,
    fetch,
    gateway,
    imports,
    mixin,
    rebuild,
    replay,
    score,
    send,
    simulate,
    size,
    themes,
    top,
    worker,
)
from stream.errors import FeedbackError, SettingsError

app = typer.Typer(
    help="Live, exact customer-experience scores from Kafka.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"feedback-stream {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Live, exact customer-experience scores from Kafka."""


app.command("demo")(demo.demo)
app.command("worker")(worker.worker)
app.command("gateway")(gateway.gateway)
app.command("fetch")(fetch.fetch)
app.command("simulate")(simulate.simulate)
app.command("top")(top.top)
app.command("send")(send.send)
app.command("import")(imports.import_)
app.command("score")(score.score)
app.command("replay")(replay.replay)
app.add_typer(dead_letters.app, name="dead-letters")
app.command("erase")(erase.erase)
app.command("themes")(themes.themes)
app.add_typer(mixin.app, name="mixin")
app.command("rebuild")(rebuild.rebuild)
app.command("doctor")(doctor.doctor)
app.command("size")(size.size)
app.command("bench")(bench.bench)


def main() -> None:
    """Run the command line; errors are one sentence, the exit status 1, or 2 for what cannot be used."""
    logs.plain()
    try:
        app(prog_name="feedback-stream")  # also where it is run as a module: completion and usage go by the name
    except FeedbackError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
