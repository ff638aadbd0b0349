"""`mixin`: rules, alerts, routes and dashboards for Prometheus, Alertmanager and Grafana."""

from pathlib import Path
from typing import Annotated

import typer

from stream.errors import FeedbackError

app = typer.Typer(
    help="Rules, alerts, routes and dashboards for Prometheus, Alertmanager and Grafana.", no_args_is_help=True
)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The directory of the files.", show_default=False)]
Grafana = Annotated[str | None, typer.Option(help="Where people open Grafana: messages link there.")]
Runbook = Annotated[str | None, typer.Option(help="Where people open the runbook: messages link there.")]


@app.command()
def generate(directory: Directory, grafana: Grafana = None, runbook: Runbook = None) -> None:
    """Write recording rules, alerts with their tests, Alertmanager's routes and dashboards.

    Example:

        feedback-stream mixin generate monitoring --grafana https://grafana.example.org
    """
    texts = _documents(grafana, runbook)
    try:
        for name, text in texts.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        msg = f"{error.filename} cannot be written: {error.strerror}"
        raise FeedbackError(msg) from None
    typer.echo(f"{len(texts)} files in {directory}")


@app.command()
def validate(directory: Directory, grafana: Grafana = None, runbook: Runbook = None) -> None:
    """Compare files with what would be generated, and check them with promtool and amtool. Exit status 1 if one failed.

    Example:

        feedback-stream mixin validate monitoring --grafana https://grafana.example.org
    """
    from stream.mixin.validation import findings  # noqa: PLC0415

    failed = False
    for finding in findings(directory, _documents(grafana, runbook)):
        failed |= finding.state == "failed"
        typer.echo(f"{finding.state:<8} {finding.what}{': ' + finding.said if finding.said else ''}")
    raise typer.Exit(int(failed))


def _documents(grafana: str | None, runbook: str | None) -> dict[str, str]:
    """What is generated.

    Raises:
        FeedbackError: if what it is generated with is not installed.
    """
    try:
        from stream.mixin.config import Addresses  # noqa: PLC0415
        from stream.mixin.documents import documents  # noqa: PLC0415
    except ModuleNotFoundError as error:
        msg = f"`mixin` needs {error.name}, which is not installed: pip install 'feedback-stream[mixin]'"
        raise FeedbackError(msg) from None
    given = {"grafana": grafana, "runbook": runbook}
    return documents(Addresses(**{name: address.rstrip("/") for name, address in given.items() if address}))
