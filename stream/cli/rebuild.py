"""`rebuild`: count everything anew from the source topics, beside the tables that are served."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from stream import logs
from stream.errors import BrokerError, SettingsError
from stream.loop import run
from stream.settings import Settings

if TYPE_CHECKING:
    from stream.rebuild.run import Progress, Rebuild

#: Between two lines of progress.
_LINE_S = 5.0


def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Only show what the source topics still have.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, even where something will be lost.")] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Give up what an earlier run has begun, and begin again.")
    ] = False,
    back: Annotated[bool, typer.Option("--back", help="Serve the generation before again.")] = False,
    delete_old: Annotated[
        bool, typer.Option("--delete-old", help="Delete the changelogs of generations that are not served.")
    ] = False,
) -> None:
    """Count all tables anew from the source topics, into new changelogs, while workers go on with the old ones.

    Once it has caught up, workers that start use the new ones. What was begun and killed goes on where it was.

    Example:

        feedback-stream rebuild --check
        feedback-stream rebuild
    """
    if check + back + delete_old > 1 or (anew and (check or back or delete_old)):
        msg = "give one of --check, --anew, --back and --delete-old"
        raise SettingsError(msg)
    settings = Settings.load()
    if settings.log_level == "info":  # what a worker says would hide what is said here
        settings = settings.model_copy(update={"log_level": "warning"})
    logs.configure(settings.log_level)
    from stream.rebuild.run import Rebuild  # noqa: PLC0415  Faust takes a second to import

    work = Rebuild(settings, _say)
    if back:
        run(_back(work))
    elif delete_old:
        run(_delete(work))
    else:
        run(_rebuild(work, check=check, yes=yes, anew=anew))


async def _rebuild(work: "Rebuild", *, check: bool, yes: bool, anew: bool) -> None:
    sources = await work.check()
    for source in sources:
        _say(str(source))
    if check:
        return
    if any(source.loses for source in sources) and not (yes or _agreed()):
        msg = "nothing was begun: something would be lost; --yes begins all the same"
        raise BrokerError(msg)
    known = await work.run(_told(), anew=anew)
    _say(
        f"workers that start from now on serve generation {known.serving}: restart them one after the other; "
        "`rebuild --back` goes back, and `rebuild --delete-old` deletes the old changelogs afterwards"
    )


def _agreed() -> bool:
    return sys.stdin.isatty() and typer.confirm("Begin?", err=True)


def _told() -> "Progress":
    """A line now and then of how far it is."""
    said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said > _LINE_S or done == total:
            said = time.monotonic()
            _say(f"{done:,} of {total:,} records counted")

    return tell


async def _back(work: "Rebuild") -> None:
    known = await work.back()
    _say(f"workers that start from now on serve generation {known.serving} again: restart them one after the other")


async def _delete(work: "Rebuild") -> None:
    gone = await work.delete_old()
    _say(f"deleted: {', '.join(gone)}" if gone else "there is no old generation to delete")


def _say(line: str) -> None:
    typer.echo(line, err=True)
