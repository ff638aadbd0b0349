"""`gateway`: what senders post becomes events."""

from stream import logs
from stream.cli.worker import stop_event
from stream.loop import run
from stream.settings import Settings


def gateway() -> None:
    """Take deliveries of webhooks and canonical events by HTTP, until it is stopped; run as many as are needed.

    Example:

        FEEDBACK_GATEWAY_EVENTS_SECRETS=s3cret feedback-stream gateway
    """
    settings = Settings.load()
    logs.configure(settings.log_level)
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from stream.gateway.service import serve  # noqa: PLC0415  most commands need no server

    await serve(settings, stop_event())
