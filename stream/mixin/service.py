"""Alerts on the workers themselves: that they run, hold every partition, recover in time, and get their work done."""

from stream.mixin import config
from stream.mixin.alert import Alert, Example, asked
from stream.mixin.down import down

_UP = f'up{{job="{config.JOB}"'
_LAG = 'feedback_consumer_lag_records{topic="feedback.surveys",partition="%d",instance="%s"}'
_RECOVERY = 'feedback_recovery_seconds{instance="a:8420"}'


def alerts() -> list[Alert]:
    """In the order in which one would look."""
    return [gone(), worker_down(), uncounted(), recovery(), stalled(), foreign_writes()]


def gone() -> Alert:
    """Nobody counts, or Prometheus knows of nobody."""
    minutes = int(config.DOWN_MINUTES.value)
    return down(
        config.JOB, 8420, minutes,
        known=False,
        name="FeedbackDown",
        severity="page",
        summary="No worker answers",
        description=f"No worker has answered for {minutes} minutes; Prometheus knows of "
        f"{{{{ with query \"count(up{{job='{config.JOB}'}})\" }}}}{{{{ . | first | value }}}}"
        "{{ else }}0{{ end }} of them.",
        why=config.DOWN_MINUTES.why,
        steps="""
            Are workers running? `docker compose ps worker`, or `kubectl get pods`. If none is known (0),
            look at Prometheus' targets page: it cannot find them.

            A worker that ends again and again says why in the last line of its log, in one sentence with
            what to do; status 70 means it could not go on, 2 that a setting cannot be used.

            `feedback-stream doctor` checks broker, topics, clock and settings from where the worker runs.

            Nothing is lost while it is down: it goes on where it stopped, as long as Kafka keeps the
            records.
        """,
        says=f"No worker has answered for {minutes} minutes; Prometheus knows of 2 of them.",
    )  # fmt: skip


def worker_down() -> Alert:
    """One of several is away."""
    minutes = int(config.WORKER_DOWN_MINUTES.value)
    up = asked(f"sum(up{{job='{config.JOB}'}})", "{{ . | first | value }}")
    known = asked(f"count(up{{job='{config.JOB}'}})", "{{ . | first | value }}")
    return Alert(
        name="FeedbackWorkerDown",
        severity="ticket",
        wait=f"{minutes}m",
        expr=f"{_UP}}} == 0",
        summary="The worker {{ $labels.instance }} does not answer",
        description=f"{{{{ $labels.instance }}}} has not answered for {minutes} minutes; {up} of {known} workers do.",
        why=config.WORKER_DOWN_MINUTES.why,
        steps="""
            Look at the log of that worker, as for [FeedbackDown](#feedbackdown).

            See whether the others hold its partitions:
            [FeedbackPartitionsUncounted](#feedbackpartitionsuncounted).
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {f'{_UP},instance="a:8420"}}': "1x10 0x20", f'{_UP},instance="b:8420"}}': "1x30"},
            at="20m",
            labels={"job": config.JOB, "instance": "a:8420"},
            says="a:8420 has not answered for 5 minutes; 1 of 2 workers do.",
        ),
        # A restart of three minutes.
        quiet=Example({f'{_UP},instance="a:8420"}}': "1x10 0x2 1x20"}, at="20m"),
    )


def uncounted() -> Alert:
    """Partitions that someone held within a day, and nobody holds now."""
    minutes = int(config.UNCOUNTED_MINUTES.value)
    return Alert(
        name="FeedbackPartitionsUncounted",
        severity="page",
        wait=f"{minutes}m",
        expr="count by (topic) (\n"
        "  count by (topic, partition) (last_over_time(feedback_consumer_lag_records[1d]))\n"
        "  unless on (topic, partition) feedback_consumer_lag_records\n)",
        summary="Nobody counts part of {{ $labels.topic }}",
        description=f"{{{{ $value }}}} partitions of {{{{ $labels.topic }}}} have had no worker for {minutes} minutes: "
        "their tables are still being recovered, or nobody takes them up.",
        why=config.UNCOUNTED_MINUTES.why,
        steps="""
            `/readyz` of each worker says whether it recovers. If so, its log and the growth of
            `feedback_state_keys` tell how far it is; the next one is quicker with smaller windows and fewer
            members.

            If workers are ready, but the partition has none: `kafka-consumer-groups.sh --describe --group
            feedback` shows who should hold it; restart that worker.

            If partitions come and go, workers lose their sessions: give them CPU, or a longer
            `session_timeout`.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_LAG % (0, "a"): "0x40", _LAG % (1, "b"): "0x20 stale", _LAG % (2, "b"): "0x20 stale"},
            at="35m",
            labels={"topic": "feedback.surveys"},
            says="2 partitions of feedback.surveys have had no worker for 10 minutes: their tables are still being "
            "recovered, or nobody takes them up.",
        ),
        # Another worker has taken the partition over.
        quiet=Example(
            {
                _LAG % (0, "a"): "0x40",
                _LAG % (1, "b"): "0x20 stale",
                _LAG % (1, "a"): "_x21 0x20",
            },
            at="35m",
        ),
    )


def recovery() -> Alert:
    """The last recovery, if it was lately, took long."""
    return Alert(
        name="FeedbackRecoverySlow",
        severity="ticket",
        expr=f"max by (instance) (feedback_recovery_seconds) > {config.RECOVERY_SECONDS.value:g}\n"
        "and on (instance) max by (instance) (changes(feedback_recovery_seconds[1h])) > 0",
        summary="{{ $labels.instance }} took long to recover its tables",
        description="The last recovery of {{ $labels.instance }} took {{ $value | humanizeDuration }}.",
        why=f"{config.RECOVERY_SECONDS.why} It is told for an hour.",
        steps="""
            See how many keys there are, by table (`feedback_state_keys`), and which dimension has so many
            members: `max_members` and `max_crosses` bound them, `cross` can do without one.

            See whether changelogs are compacted: `feedback-stream doctor`; a log far larger than its keys
            is read in full.

            More workers share the tables among them.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_RECOVERY: "2x9 stale _x5 0x5 400x20"},
            at="25m",
            labels={"instance": "a:8420"},
            says="The last recovery of a:8420 took 6m 40s.",
        ),
        # So it was yesterday.
        quiet=Example({_RECOVERY: "0x5 400x200"}, at="180m"),
    )


def stalled() -> Alert:
    """Work waits and does not move; the process ends itself soon, and is started again."""
    return Alert(
        name="FeedbackWorkStalled",
        severity="page",
        expr=f"max by (kind) (max_over_time(feedback_stalled_seconds[10m])) > {config.STALLED_SECONDS.value:g}",
        summary="A worker does not get its work done ({{ $labels.kind }})",
        description="Within the last 10 minutes, work of the kind {{ $labels.kind }} stood still for "
        "{{ $value | humanizeDuration }}.",
        why=config.STALLED_SECONDS.why,
        steps="""
            The log names the partition: `work does not get done`, and ends with the stacks if the process
            hung.

            `commit`: the group's coordinator does not take commits; look at the broker. `count`: a
            partition is not read; look at its leader. `recover`: a changelog is not read.

            If restarts do not help, keep the log with the stacks, and report it.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {'feedback_stalled_seconds{kind="count",instance="a"}': "0x10 60 120 180 stale"},
            at="15m",
            labels={"kind": "count"},
            says="Within the last 10 minutes, work of the kind count stood still for 3m 0s.",
        ),
        quiet=Example({'feedback_stalled_seconds{kind="count",instance="a"}': "0x10 60 0x20"}, at="15m"),
    )


def foreign_writes() -> Alert:
    """A worker thought a partition its own that was not."""
    return Alert(
        name="FeedbackForeignWrites",
        severity="ticket",
        expr="sum by (table) (increase(feedback_foreign_writes_total[1h])) > 0",
        summary="Another writer was found in the changelog of {{ $labels.table }}",
        description='It was found {{ $value | printf "%.0f" }} times within the last hour, and repaired each time.',
        why="It should never happen. A worker that was paused for longer than its session does it once.",
        steps="""
            Find the worker that was paused (a suspended machine, swapping, a debugger), and end that.

            See that no two installations use the same `app_id` on one Kafka.

            The scores are right: the owner has written everything anew.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {'feedback_foreign_writes_total{table="nps",instance="a"}': "0x30 1x90"},
            at="60m",
            labels={"table": "nps"},
            says="It was found 1 times within the last hour, and repaired each time.",
        ),
        # It was before, and is no longer.
        quiet=Example({'feedback_foreign_writes_total{table="nps",instance="a"}': "0x30 1x200"}, at="150m"),
    )
