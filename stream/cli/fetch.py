"""`fetch`: answers that their senders only tell of."""

from stream.cli.worker import serve_until_stopped


def fetch() -> None:
    """Fetch what notifications tell of from the APIs of their senders, until it is stopped; run as many as are needed.

    Example:

        FEEDBACK_FETCH_SURVEYMONKEY_TOKEN=t0ken feedback-stream fetch
    """
    from stream.fetch.service import serve  # noqa: PLC0415  most commands need no APIs

    serve_until_stopped(serve)
