"""Alerts on what fetches answers: that it runs, that APIs give any, and that none waits for long."""

from stream.mixin import config
from stream.mixin.alert import Alert, Example
from stream.mixin.down import down

_REQUESTS = 'feedback_fetch_requests_total{{source="{}",status="{}"}}'
#: Requests that have not succeeded; what is not there yet is no fault of anybody.
_FAILED = 'feedback_fetch_requests_total{status!~"200|404"}[30m]'
_DONE = 'feedback_fetch_requests_total{status="200"}[30m]'
_OLDEST = "feedback_fetch_oldest_timestamp_seconds"


def alerts() -> list[Alert]:
    """In the order in which one would look; what is given up, days later, is among the dead letters."""
    return [gone(), fails(), waits()]


def gone() -> Alert:
    """Nobody fetches, where somebody did within a day; most have no sender whose answers are fetched."""
    minutes = int(config.FETCH_DOWN_MINUTES.value)
    said = f"Nothing has fetched answers for {minutes} minutes: those of senders that only tell of them are missing "
    said += "from the scores, and wait."
    return down(
        config.FETCH_JOB, 8422, minutes,
        known=True,
        name="FeedbackFetchDown",
        severity="ticket",
        summary="No `fetch` answers",
        description=said,
        why=config.FETCH_DOWN_MINUTES.why,
        steps="""
            Does it run? `docker compose ps fetch`, or `kubectl get pods`. The last line of the log of one that has
            ended says why; status 2 means that a setting, a token or the file of sources cannot be used.

            While Kafka is away it ends, and is started again: see [FeedbackDown](#feedbackdown).

            Once it is back it goes on where it stopped, as fast as the APIs allow. If it was taken away for good, the
            alert ends within a day.
        """,
        says=said,
        # Others run, and it was never there.
        quiet=Example({f'up{{job="{config.GATEWAY_JOB}",instance="a:8421"}}': "1x60"}, at="50m"),
    )  # fmt: skip


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

            `3xx`: the API is elsewhere; the log says where. Say it in the file of sources (`api`), and restart
            `fetch`. It follows nobody, since the token would go along.

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


def waits() -> Alert:
    """Something of a source cannot be fetched, for long."""
    hours = int(config.FETCH_WAITS_HOURS.value)
    return Alert(
        name="FeedbackFetchWaits",
        severity="ticket",
        wait="10m",
        expr=f"time() - min by (source) ({_OLDEST}) > {hours} * 3600",
        summary="Answers of {{ $labels.source }} wait to be fetched",
        description="The oldest notification of {{ $labels.source }} has been tried in vain for "
        "{{ $value | humanizeDuration }}; its answer is missing from the scores.",
        why=f"{config.FETCH_WAITS_HOURS.why} What the API says is not there (404) is left out: it may have been "
        "deleted.",
        steps="""
            `feedback_fetch_requests_total` says by its status what is wrong; what to do about each:
            [FeedbackFetchFails](#feedbackfetchfails). `403` for some alone: the token may not see these surveys.

            If most are `200`, more comes in than `api_rate` lets through: raise it in the file of sources, as far as
            the sender allows. `feedback_fetch_lag_records` shows how much waits.

            If the sender allows no more, give it time: a longer `FEEDBACK_FETCH_PATIENCE`.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {f'{_OLDEST}{{source="qualtrics"}}': "600x100", f'{_OLDEST}{{source="surveymonkey"}}': "0+300x100"},
            at="390m",
            step="5m",
            labels={"source": "qualtrics"},
            says="The oldest notification of qualtrics has been tried in vain for 6h 20m 0s; its answer is missing "
            "from the scores.",
        ),
        # It was fetched in the end, after five hours.
        quiet=Example({f'{_OLDEST}{{source="qualtrics"}}': "0x60 stale"}, at="300m 400m", step="5m"),
    )
