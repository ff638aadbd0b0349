"""The job in Quix Streams: decoded, keyed anew by way of a topic of its own, counted in windows, each count emitted."""

from typing import Any

from quixstreams import Application

from benchmarks.peers import job
from benchmarks.progress import Progress

progress = Progress()


def read(value: bytes) -> dict[str, Any] | None:
    """What goes through the topic: which key, and when, in milliseconds."""
    progress.read()
    found = job.read(value)
    return found and {"key": found[0], "at": int(found[1].timestamp() * 1_000)}


def count(window: dict[str, int], key: str, *_: Any) -> None:
    """Take note of a window's new count."""
    progress.counted(window["start"] // 1_000, key, window["value"])


def main() -> None:
    """Count until the process is ended."""
    app = Application(
        broker_address=job.BROKER,
        consumer_group=job.GROUP,
        auto_offset_reset="earliest",
        state_dir=job.DIRECTORY,
        commit_interval=job.SAVE_S,
        loglevel="WARNING",
    )
    answers = app.dataframe(app.topic(job.TOPIC, value_deserializer="bytes")).apply(read)
    answers = answers.filter(lambda answer: answer is not None)
    answers = answers.set_timestamp(lambda answer, *_: answer["at"])
    answers = answers.group_by("key")
    windows = answers.tumbling_window(duration_ms=1_000 * job.WINDOW_S, grace_ms=1_000 * job.GRACE_S).count()
    windows.current().update(count, metadata=True)
    app.run()


if __name__ == "__main__":
    main()
