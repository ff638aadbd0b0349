"""*Pipeline health*: whether records arrive, are counted and shown in time, for who runs the service."""

from collections.abc import Iterator

from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel, Threshold

from stream.dashboards.board import Row, board, listed
from stream.dashboards.display import BAD, CALM, CAUTION, GOOD
from stream.dashboards.panels import About, Query, bars, densities, lines, numbers
from stream.settings import Settings

_WHERE = 'instance=~"$instance"'
_STALL = Settings.model_fields["stall_timeout"].default
_NOTHING = "no data: is a worker running, and scraped?"
_COLORS = {"accepted": GOOD, "duplicate": CALM, "corrected": "#0072B2", "deleted": "#CC79A7", "late": CAUTION,
           "rejected": BAD}  # fmt: skip


def boards() -> Iterator[Dashboard]:
    """One dashboard of the service's own metrics."""
    instance = listed(
        "instance",
        "Worker",
        "Workers to look at.",
        "label_values(feedback_build_info, instance)",
        many=True,
    )
    yield board(
        "feedback-pipeline",
        "Pipeline health",
        "From a record's append in Kafka to its effect in the scores: speed, trouble, state.",
        [
            Row("Now", [*_now()]),
            Row("Records in", [*_records()]),
            Row("In time", [*_in_time()]),
            Row("Durable", [*_durable()]),
            Row("Comments", [*_comments()]),
        ],
        variables=[instance],
        since="now-3h",
    )


def of(metric: str, where: str = "") -> str:
    """A metric of the chosen workers.

    >>> of("feedback_state_keys")
    'feedback_state_keys{instance=~"$instance"}'
    """
    return f"{metric}{{{','.join(part for part in (_WHERE, where) if part)}}}"


def _now() -> Iterator[Panel]:
    yield _number("Workers", "Workers that Prometheus reaches.", "short", f"count({of('feedback_build_info')})")
    yield _number(
        "Records that wait", "Records that are to be counted yet, over all partitions.", "short",
        f"sum({of('feedback_consumer_lag_records')})", 10_000, 100_000,
    )  # fmt: skip
    yield _number(
        "Longest stall", f"For how long work has waited without moving; after {_STALL} s, by default, the worker ends "
        "itself, to be started again.", "s", f"max({of('feedback_stalled_seconds')})", _STALL / 6, _STALL / 2,
    )  # fmt: skip
    rejected, all_ = of("feedback_events_total", 'outcome="rejected"'), of("feedback_events_total")
    yield _number(
        "Rejected", "The share of records of the chosen time that could not be read and went to the dead letters.",
        "percentunit", f"sum(increase({rejected}[$__range])) / sum(increase({all_}[$__range]))", 0.01, 0.05, decimals=2,
    )  # fmt: skip
    yield _number(
        "Foreign writes so far", "Times in the chosen time that another writer was found in a changelog, which was "
        "then repaired. More than none: a worker was paused for longer than its session.", "short",
        f"sum(increase({of('feedback_foreign_writes_total')}[$__range]))", 1, 5,
    )  # fmt: skip
    yield _number(
        "Last recovery", "Time that the slowest worker's last recovery of the tables took.", "s",
        f"max({of('feedback_recovery_seconds')})", 30, 120, decimals=1,
    )  # fmt: skip


def _number(
    title: str, said: str, unit: str, expr: str, caution: float = 0, bad: float = 0, decimals: int = 0
) -> Panel:
    steps = [Threshold(color=GOOD), Threshold(caution, CAUTION), Threshold(bad, BAD)] if bad else []
    about = About(title, said, unit, 4, 4, _NOTHING)
    return numbers(about, [Query(expr, title)], steps=steps, decimals=decimals, limits=(0, None))


def _records() -> Iterator[Panel]:
    events = of("feedback_events_total")
    yield lines(
        About("Records by outcome", "Records counted a second: accepted as new, duplicate, corrected, deleted, late "
              "for every window, or rejected.", "cps", nothing=_NOTHING),
        [Query(f"sum by (outcome) (rate({events}[$__rate_interval]))", "{{outcome}}")],
        stacked=StackingMode.NORMAL, colors=_COLORS,
    )  # fmt: skip
    yield lines(
        About("Records by topic", "Records counted a second, by the topic they came by.", "cps", nothing=_NOTHING),
        [Query(f"sum by (topic) (rate({events}[$__rate_interval]))", "{{topic}}")], stacked=StackingMode.NORMAL,
    )  # fmt: skip
    letters = of("feedback_dead_letters_total")
    yield lines(
        About("Dead letters by reason", "Records a second that could not be read, by reason; `feedback-stream "
              "dead-letters list` shows them.", "cps", nothing="no dead letters"),
        [Query(f"sum by (reason) (rate({letters}[$__rate_interval]))", "{{reason}}")], stacked=StackingMode.NORMAL,
    )  # fmt: skip
    yield bars(
        About("Dead letters in the chosen time", "How many records could not be read, by topic and reason.", "short",
              nothing="no dead letters"),
        [Query(f"sort_desc(sum by (topic, reason) (increase({letters}[$__range])) > 0)", "{{topic}}: {{reason}}")],
    )  # fmt: skip


def _in_time() -> Iterator[Panel]:
    yield lines(
        About("Lag", "Records that wait to be counted, by partition. It should fall when traffic does.", "short",
              nothing="no data: it is not known on the embedded broker"),
        [Query(of("feedback_consumer_lag_records"), "{{topic}} {{partition}}")],
    )  # fmt: skip
    watermark = of("feedback_watermark_timestamp_seconds")
    yield lines(
        About("Age of the watermark", "Time since the watermark, by partition: stream time less grace. It grows where "
              "no newer events come, which is no fault in a quiet partition.", "s", nothing=_NOTHING),
        [Query(f"time() - {watermark}", "{{topic}} {{partition}}")], limits=(None, None),
    )  # fmt: skip
    latency = of("feedback_end_to_end_seconds_bucket")
    yield lines(
        About("End to end", "Time from a record's append to its effect in the scores: half, 95 % and 99 % of the "
              "records are faster. A restart that reads old records shows their age.", "s", nothing=_NOTHING),
        quantiles(latency),
    )  # fmt: skip
    yield densities(
        About("End to end, all records", "The same, as records a second by how long they took.", "s",
              nothing=_NOTHING),
        Query(f"sum by (le) (rate({latency}[$__rate_interval]))", "{{le}}"),
    )  # fmt: skip
    last = of("feedback_last_event_timestamp_seconds")
    yield lines(
        About("Age of the newest event", "Time since the newest event of each topic happened. A source that has gone "
              "silent is a line that climbs.", "s", nothing=_NOTHING),
        [Query(f"time() - max by (topic) ({last})", "{{topic}}")], limits=(None, None),
    )  # fmt: skip
    yield lines(
        About("Stalled work", f"For how long work that waits has not moved, by kind and worker. Dashed: a half and all "
              f"of stall_timeout, {_STALL} s by default, when the worker ends itself.", "s", nothing=_NOTHING),
        [Query(of("feedback_stalled_seconds"), "{{kind}} {{instance}}")],
        steps=[Threshold(color=GOOD), Threshold(_STALL / 2, CAUTION), Threshold(_STALL, BAD)],
    )  # fmt: skip


def _durable() -> Iterator[Panel]:
    yield lines(
        About("Flush", "Time to make counted events durable: half, 95 % and 99 % of the flushes are faster.", "s",
              nothing=_NOTHING),
        quantiles(of("feedback_flush_seconds_bucket")),
    )  # fmt: skip
    yield lines(
        About("State keys", "State keys held in memory, by table and worker. They level off once the longest window "
              "is full.", "short", nothing=_NOTHING),
        [Query(of("feedback_state_keys"), "{{table}} {{instance}}")],
    )  # fmt: skip
    yield lines(
        About("Recovery", "Time that the last recovery of the tables took, by worker.", "s", nothing=_NOTHING),
        [Query(of("feedback_recovery_seconds"), "{{instance}}")],
    )  # fmt: skip
    yield lines(
        About("Foreign writes", "Times a minute that another writer was found in a changelog, by table.", "cpm",
              nothing=_NOTHING),
        [Query(f"60 * sum by (table) (rate({of('feedback_foreign_writes_total')}[$__rate_interval]))", "{{table}}")],
    )  # fmt: skip


def _comments() -> Iterator[Panel]:
    """Of the text role, which is none of the workers that can be chosen."""
    nothing = "no data: does `worker --role text` run, and is it scraped?"
    yield lines(
        About("Comments by language", "Comments read a second: `none` has no words, `unread` is in another language.",
              "cps", nothing=nothing),
        [Query("sum by (language) (rate(feedback_comments_total[$__rate_interval]))", "{{language}}")],
        stacked=StackingMode.NORMAL,
    )  # fmt: skip
    yield lines(
        About("Lag of comments", "Survey responses that wait to be looked at for a comment, by partition.", "short",
              nothing=f"{nothing} It is not known on the embedded broker"),
        [Query("sum by (topic, partition) (feedback_comments_lag_records)", "{{topic}} {{partition}}")],
    )  # fmt: skip


def quantiles(buckets: str) -> list[Query]:
    """Half, 95 % and 99 % of a histogram."""
    return [
        Query(f"histogram_quantile({share}, sum by (le) (rate({buckets}[$__rate_interval])))", f"{share:.0%}")
        for share in (0.5, 0.95, 0.99)
    ]
