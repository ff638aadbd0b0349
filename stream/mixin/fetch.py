"""Alerts on what fetches answers: that the APIs of their senders give any."""

from stream.mixin import config
from stream.mixin.alert import Alert, Example

_REQUESTS = 'feedback_fetch_requests_total{{source="{}",status="{}"}}'
#: Requests that have not succeeded; what is not there yet is no fault of anybody.
_FAILED = 'feedback_fetch_requests_total{status!~"200|404"}[30m]'
_DONE = 'feedback_fetch_requests_total{status="200"}[30m]'


def alerts() -> list[Alert]:
    """One: what is given up is among the dead letters, and comes days later."""
    return [fails()]


def fails() -> Alert:
    """Nothing of a source can be fetched."""
    return Alert(
        name="FeedbackFetchFails",
        severity="ticket",
        wait="15m",
        expr=f"sum by (source) (increase({_FAILED})) > 0\nunless on (source) sum by (source) (increase({_DONE})) > 0",
        summary="Nothing of {{ $labels.source }} can be fetched",
        description="Every request to the API of {{ $labels.source }} has failed for 45 minutes: its answers are "
        "missing from the scores, and wait.",
        why="An API that is away for a moment is asked again by itself; one that answers nothing for so long needs "
        "somebody.",
        steps="""
            `feedback_fetch_requests_total` says by its status what is wrong.

            `401`, `403`: the token has ended or has too few rights. Put another one in its place
            ([Gateway](gateway.md#answers-that-are-fetched)), and restart `fetch`.

            `429`: others use up the limit as well, or `api_rate` is too high.

            `none`, `5xx`: the sender's status page knows more. Is the way out to its address open?

            Nothing is lost meanwhile. What waits for longer than `FEEDBACK_FETCH_PATIENCE` is a dead letter;
            `feedback-stream dead-letters replay --reason not_fetched` has it fetched once more.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_REQUESTS.format("qualtrics", "401"): "0+1x120", _REQUESTS.format("surveymonkey", "200"): "0+9x120"},
            at="60m",
            labels={"source": "qualtrics"},
            says="Every request to the API of qualtrics has failed for 45 minutes: its answers are missing from the "
            "scores, and wait.",
        ),
        # Some fail and some do not, and what is not there yet is asked for again.
        quiet=Example(
            {
                _REQUESTS.format("qualtrics", "503"): "0+5x120",
                _REQUESTS.format("qualtrics", "200"): "0+1x120",
                _REQUESTS.format("surveymonkey", "404"): "0+1x120",
            },
            at="60m",
        ),
    )
