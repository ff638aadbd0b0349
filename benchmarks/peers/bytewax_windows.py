"""The job in Bytewax: windows folded by the clock of the events, snapshots of them on disk; counted when they close."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSourceMessage
from bytewax.connectors.kafka import operators as kafka
from bytewax.dataflow import Dataflow
from bytewax.operators import windowing
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from benchmarks.peers import job
from benchmarks.progress import Progress

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

progress = Progress()


def read(message: KafkaSourceMessage[bytes | None, bytes | None]) -> tuple[str, datetime] | None:
    """Key and time of an answer that counts."""
    progress.read()
    return job.read(message.value or b"")


def count(closed: tuple[str, tuple[int, int]]) -> None:
    """Take note of a window's count."""
    key, (window, answers) = closed
    progress.counted(window * job.WINDOW_S, key, answers)


def dataflow() -> Dataflow:
    """From the topic to the counts."""
    flow = Dataflow("nps")
    surveys = kafka.input("surveys", flow, brokers=[job.BROKER], topics=[job.TOPIC], tail=False)
    answers = op.filter_map("read", surveys.oks, read)
    windows = windowing.fold_window(
        "hours",
        answers,
        windowing.EventClock(lambda at: at, wait_for_system_duration=timedelta(seconds=job.GRACE_S)),
        windowing.TumblingWindower(length=timedelta(seconds=job.WINDOW_S), align_to=_EPOCH),
        lambda: 0,
        lambda answers, _: answers + 1,
        lambda one, other: one + other,
        ordered=False,
    )
    op.inspect("counted", windows.down, lambda _, closed: count(closed))
    return flow


if __name__ == "__main__":
    init_db_dir(Path(job.DIRECTORY), 1)
    recovery = RecoveryConfig(job.DIRECTORY)
    cli_main(dataflow(), epoch_interval=timedelta(seconds=job.SAVE_S), recovery_config=recovery)
