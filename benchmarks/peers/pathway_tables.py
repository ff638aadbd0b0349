"""The job in Pathway: the topic as a table, windows grouped and counted by its engine, which keeps them on disk."""

from datetime import UTC, timedelta
from typing import Any

import pathway as pw

from benchmarks.peers import job
from benchmarks.progress import Progress

progress = Progress()


class Survey(pw.Schema):  # type: ignore[misc]
    """The fields that the job needs; its engine reads them from JSON without Python."""

    kpi: str
    occurred_at: str
    score: int
    channel: str


def counts(surveys: Any) -> Any:
    """The windows' counts, of all answers that are on their scale."""
    nps = surveys.filter((pw.this.kpi == "nps") & (pw.this.score >= 0) & (pw.this.score <= 10))
    group = pw.if_else(pw.this.score >= 9, "promoters", pw.if_else(pw.this.score >= 7, "passives", "detractors"))
    at = pw.this.occurred_at.dt.strptime("%Y-%m-%dT%H:%M:%S%.fZ")
    answers = nps.select(at=at, key=pw.this.channel + ":" + group).remove_errors()
    window = pw.temporal.tumbling(duration=timedelta(seconds=job.WINDOW_S))
    windows = answers.windowby(pw.this.at, window=window, instance=pw.this.key)
    start, key = pw.this["_pw_window_start"], pw.this["_pw_instance"]
    return windows.reduce(start=start, key=key, count=pw.reducers.count())


def main() -> None:
    """Count until the process is ended."""
    settings = {"bootstrap.servers": job.BROKER, "group.id": job.GROUP, "auto.offset.reset": "earliest"}
    surveys = pw.io.kafka.read(settings, topic=job.TOPIC, format="json", schema=Survey, max_backlog_size=10_000)
    pw.io.subscribe(surveys.reduce(events=pw.reducers.count()), on_change=read)
    pw.io.subscribe(counts(surveys), on_change=count)
    backend = pw.persistence.Backend.filesystem(job.DIRECTORY)
    pw.run(
        monitoring_level=pw.MonitoringLevel.NONE,
        terminate_on_error=False,
        persistence_config=pw.persistence.Config(backend, snapshot_interval_ms=1_000 * job.SAVE_S),
    )


def read(key: Any, row: dict[str, Any], time: int, is_addition: bool) -> None:
    """Take note of how many events have come."""
    if is_addition:
        progress.reached(row["events"])


def count(key: Any, row: dict[str, Any], time: int, is_addition: bool) -> None:
    """Take note of a window's new count."""
    if is_addition:
        progress.counted(int(row["start"].replace(tzinfo=UTC).timestamp()), row["key"], row["count"])


if __name__ == "__main__":
    main()
