"""Who is measured, how each is started, and what its figure is worth."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import environments

_PEERS = Path(__file__).with_name("peers")


class Contestant(NamedTuple):
    """A command that handles events and reports them.

    `prepare` makes its environment and says what starts `arguments` in it. It is measured on `events` of the events at
    most, all of them if None. `durable` says where its state survives a crash, `note` what it does not do, or besides.
    """

    key: str
    name: str
    prepare: Callable[[], list[str]]
    arguments: tuple[str, ...]
    durable: str
    note: str
    events: int | None = None


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
    "–",
    "anything but fetching and decoding: aiokafka's `getmany`, and the quickest decoding that accepts exactly what the "
    "contract accepts, `stream.decode.decode`.",
)
SERVICE = Contestant(
    "service",
    "feedback-stream",
    environments.own,
    ("-m", "benchmarks.peers.service"),
    "changelog, acknowledged; index on disk",
    "it does the whole job, not the common one: see above. What is left out is the view (`--role agents`): rolling "
    "windows, scores and drops are worked out when somebody looks.",
)
FAUST = Contestant(
    "faust",
    f"Faust {_pinned('stock_faust', 'faust-streaming')}",
    partial(environments.python, "stock_faust"),
    ("-m", "faust", "-A", "benchmarks.peers.stock_faust", "-l", "error", "worker", "--without-web"),
    "changelog",
    "an agent that takes one event at a time, `Record`, a tumbling table. Counts events again after a crash. With more "
    "than one worker it would need `group_by`, which makes it slower.",
    events=100_000,
)

CONTESTANTS = (
    LIMIT,
    Contestant(
        "limit-models",
        "the limit, pydantic alone",
        environments.own,
        ("-m", "benchmarks.peers.limit", "models"),
        "–",
        "the same with the models of the contract and no quicker way past them.",
    ),
    SERVICE,
    FAUST,
    Contestant(
        "quix",
        f"Quix Streams {_pinned('quix_streams', 'quixstreams')}",
        partial(environments.python, "quix_streams"),
        ("-m", "benchmarks.peers.quix_streams"),
        "changelog and RocksDB, every 5 s",
        "`group_by` through a topic of its own, `tumbling_window().count().current()`. At least once: what comes after "
        "the last checkpoint is counted again after a crash.",
    ),
    Contestant(
        "bytewax",
        f"Bytewax {_pinned('bytewax_windows', 'bytewax')}",
        partial(environments.python, "bytewax_windows"),
        ("-m", "benchmarks.peers.bytewax_windows"),
        "snapshots in SQLite, every 10 s",
        "`fold_window`, unordered. Counts come out when a window closes, here an hour late; nothing is shown before. "
        "Snapshots are on one disk. Its makers have closed; there is no newer version.",
    ),
    Contestant(
        "pathway",
        f"Pathway {_pinned('pathway_tables', 'pathway')}",
        partial(environments.python, "pathway_tables"),
        ("-m", "benchmarks.peers.pathway_tables"),
        "snapshots on disk",
        "TODO",
    ),
    Contestant(
        "kafka-streams",
        f"Kafka Streams {_kafka_streams()} (Java)",
        partial(environments.java, "kafka_streams"),
        ("bench.Main",),
        "changelog and RocksDB, every second",
        "`groupBy` through a topic of its own, windowed `count`, one thread. At least once: what comes after the last "
        "commit is counted again after a crash.",
    ),
)
