"""Who is measured, how each is started, and what its figure is worth."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import environments
from stream.settings import Settings

_PEERS = Path(__file__).with_name("peers")


class Contestant(NamedTuple):
    """A command that handles events and reports them.

    `prepare` makes its environment and says what starts `arguments` in it. `durable` says where its state survives a
    crash, `note` what it does, and what it does not. It gets a `share` of the events, fewer where it is slow; the first
    of them, its `warm_up`, are not measured.
    """

    key: str
    name: str
    prepare: Callable[[], list[str]]
    arguments: tuple[str, ...]
    durable: str
    note: str
    share: float = 1.0
    warm_up: float = 0.1


def _pinned(peer: str, package: str) -> str:
    return environments.pins((_PEERS / f"{peer}.txt").read_text(encoding="utf-8"))[package]


def _kafka_streams() -> str:
    pom = (_PEERS / "kafka_streams" / "pom.xml").read_text(encoding="utf-8")
    return pom.partition("<kafka.version>")[2].partition("<")[0]


LIMIT = Contestant(
    "limit",
    "the limit",
    environments.own,
    ("-m", "benchmarks.peers.limit", "decode"),
    "none",
    "aiokafka's `getmany` and the quickest decoding that accepts exactly what the contract accepts. Keeps, counts and "
    "commits nothing.",
)
SERVICE = Contestant(
    "service",
    "feedback-stream, whole job",
    environments.own,
    ("-m", "benchmarks.peers.service", "whole"),
    f"changelog and RocksDB, every {Settings.model_fields['flush_interval'].default} s",
    "It waits until the broker has acknowledged its changelog. What it does not do here is the view "
    "(`--role agents`): scores are worked out when somebody looks.",
)
COMMON = Contestant(
    "service-common",
    "feedback-stream, common job",
    environments.own,
    ("-m", "benchmarks.peers.service", "common"),
    "changelog and RocksDB, every second",
    "The same program with settings that ask for the common job: `kpis=nps`, `windows=1h/1h`, `scopes=channel`, "
    "`cross=`, `grace=6h`, `flush_interval=1`. What it does all the same: every field of every event is validated, "
    "duplicates, corrections and deletions of all answers are told apart, bad events become dead letters, answers are "
    "counted over all channels as well, and counts are acknowledged by the broker and exact after a crash.",
)


def _faust(module: str) -> tuple[str, ...]:
    application = f"benchmarks.peers.{module}"
    return ("-m", "faust", "--loop", "uvloop", "-A", application, "-l", "error", "worker", "--without-web")


FAUST = Contestant(
    "faust",
    f"Faust {_pinned('stock_faust', 'faust-streaming')}",
    partial(environments.python, "stock_faust"),
    _faust("stock_faust"),
    "changelog, each event",
    "The common job: an agent that takes one event at a time, `Record`, a tumbling table, its own decoding. After a "
    "crash it counts events twice. For several workers it would need `group_by`, which makes it slower.",
    share=0.1,
)
FAUST_WHOLE = FAUST._replace(
    key="faust-whole",
    name=f"{FAUST.name}, whole job",
    arguments=_faust("stock_faust_whole"),
    note="As much of the whole job as its tables do: each answer once by a table of identities, how often each score "
    "was given to all four questions, in all scopes, in tumbling windows of all five lengths. No corrections, no "
    "deletions, no dead letters, no rolling windows; after a crash it counts events twice.",
    share=0.01,
)
KAFKA_STREAMS = Contestant(
    "kafka-streams",
    f"Kafka Streams {_kafka_streams()}",
    partial(environments.java, "kafka_streams"),
    ("bench.Main",),
    "changelog and RocksDB, every second",
    "The common job, in Java: `groupBy` through a topic of its own, windowed `count`, one thread, counts passed on "
    "once a second. At least once: events after the last commit are counted twice after a crash. What comes after the "
    "grace is dropped.",
)

CONTESTANTS = (
    LIMIT,
    Contestant(
        "limit-models",
        "the limit, pydantic alone",
        environments.own,
        ("-m", "benchmarks.peers.limit", "models"),
        "none",
        "The same with the contract's models, and nothing to spare them.",
    ),
    SERVICE,
    COMMON,
    FAUST,
    FAUST_WHOLE,
    Contestant(
        "quix",
        f"Quix Streams {_pinned('quix_streams', 'quixstreams')}",
        partial(environments.python, "quix_streams"),
        ("-m", "benchmarks.peers.quix_streams"),
        "changelog and RocksDB, every second",
        "The common job: `group_by` through a topic of its own, `tumbling_window().count().current()`. At least once: "
        "events after the last checkpoint are counted twice after a crash. What comes after the grace is dropped.",
    ),
    Contestant(
        "bytewax",
        f"Bytewax {_pinned('bytewax_windows', 'bytewax')}",
        partial(environments.python, "bytewax_windows"),
        ("-m", "benchmarks.peers.bytewax_windows"),
        "snapshots in SQLite, every second",
        "The common job: `fold_window`, unordered. Nothing is shown before a window closes, an hour and the grace "
        "after it began. Snapshots are on one disk. What comes after the grace is dropped. There is no newer version.",
    ),
    Contestant(
        "pathway",
        f"Pathway {_pinned('pathway_tables', 'pathway')}",
        partial(environments.python, "pathway_tables"),
        ("-m", "benchmarks.peers.pathway_tables"),
        "log of its input on disk, every second",
        "The common job: JSON read by its engine, `windowby`, `max_backlog_size`. After a crash it reads its log and "
        "counts anew, at least once; state that is kept itself needs a licence key. The log is on one disk, and grows.",
    ),
    KAFKA_STREAMS,
    KAFKA_STREAMS._replace(
        key="kafka-streams-warm",
        name=f"{KAFKA_STREAMS.name}, warm",
        note="The same once its code is compiled: on three times the events, measured after the first third.",
        share=3.0,
        warm_up=1 / 3,
    ),
)
