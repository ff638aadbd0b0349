"""`gateway`: what senders post becomes events."""

from stream.cli.worker import serve_until_stopped


def gateway() -> None:
    """Take deliveries of webhooks and canonical events by HTTP, until it is stopped; run as many as are needed.

    Example:

        FEEDBACK_GATEWAY_EVENTS_SECRETS=s3cret feedback-stream gateway
    """
    from stream.gateway.service import serve  # noqa: PLC0415  most commands need no server

    serve_until_stopped(serve)
