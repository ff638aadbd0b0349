"""The job in Pathway: the topic as a table, windows grouped and counted by its engine, which keeps them on disk."""

from datetime import timedelta
from typing import Any

import pathway as pw

from benchmarks.peers import job
from benchmarks.progress import Progress

progress = Progress()


class Survey(pw.Schema):  # type: ignore[misc]
    """The fields that the job needs."""

    kpi: str
    occurred_at: str
    score: int
    channel: str


def main() -> None:
    """Count until the process is ended."""
    surveys = pw.io.kafka.read(
        rdkafka_settings={
            "bootstrap.servers": job.BROKER,
            "group.id": job.GROUP,
            "auto.offset.reset": "earliest",
        },
        topic=job.TOPIC,
        format="json",
        schema=Survey,
    )
    nps = surveys.filter((pw.this.kpi == "nps") & (pw.this.score >= 0) & (pw.this.score <= 10))
    answers = nps.select(
        at=pw.this.occurred_at.dt.strptime("%Y-%m-%dT%H:%M:%S%.f%z"),
        key=pw.this.channel + ":" + pw.if_else(pw.this.score >= 9, "promoters", pw.if_else(pw.this.score >= 7, "passives", "detractors")),
    )
    windows = answers.windowby(pw.this.at, window=pw.temporal.tumbling(duration=timedelta(seconds=job.WINDOW_S)), instance=pw.this.key)
    counts = windows.reduce(start=pw.this._pw_window_start, key=pw.this._pw_instance, count=pw.reducers.count())
    pw.io.subscribe(counts, on_change=on_change)
    pw.run()


def on_change(key: Any, row: dict[str, Any], time: int, is_addition: bool) -> None:
    if is_addition:
        progress.counted(int(row["start"].timestamp()), row["key"], row["count"])


if __name__ == "__main__":
    main()
