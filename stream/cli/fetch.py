"""`fetch`: answers that their senders only tell of."""

from stream import logs
from stream.cli.worker import stop_event
from stream.loop import run
from stream.settings import Settings


def fetch() -> None:
    """Fetch what notifications tell of from the APIs of their senders, until it is stopped; run as many as are needed.

    Example:

        FEEDBACK_FETCH_SURVEYMONKEY_TOKEN=t0ken feedback-stream fetch
    """
    settings = Settings.load()
    logs.configure(settings.log_level)
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from stream.fetch.service import serve  # noqa: PLC0415  most commands need no APIs

    await serve(settings, stop_event())
