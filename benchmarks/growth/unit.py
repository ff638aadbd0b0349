"""What one of each thing costs, in the terms of `stream.sizing.costs`."""

import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from statistics import median

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from faust.types import TP
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from benchmarks.growth.engine import feed, new_engine
from benchmarks.growth.events import RATE, answers
from stream import changelog
from stream.bench import TOPIC, Line, collecting_as_the_worker
from stream.brokers.kafka import KafkaBroker
from stream.clock import WallClock
from stream.events.times import isoformat
from stream.flush import Flusher, Partition
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.panes import Grid
from stream.score_metrics import ScoreMetrics
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.store import State
from stream.topics import changelog as changelog_topic
from stream.topics import ensure_topics
from stream.view import View

_CONTACTS = "feedback.contacts"
_RUNS, _FLUSHES = 5, 300


async def flushes() -> dict[str, float]:
    """A state key and a table's flush, as a producer sends them to a real broker."""
    async with KafkaBroker(heap_mb=512) as bootstrap:
        settings = Settings(broker=bootstrap)
        await ensure_topics(settings)
        producer = changelog.new_producer(settings)
        await producer.start()
        try:
            return await _flushes(settings, producer)
        finally:
            await producer.stop()


async def _flushes(settings: Settings, producer: AIOKafkaProducer) -> dict[str, float]:
    flusher = Flusher(settings, ServiceMetrics(settings, State(settings), CollectorRegistry()), WallClock())
    flusher.producer = producer
    now = time.time()
    engine = new_engine(MemoryIndex(), max_members=10_000)
    held = Partition(engine)
    engine.process([Line(offset, value) for offset, value in enumerate(answers(20_000, now, 2_000))], now)
    full = []
    for _ in range(_RUNS):
        held.write_anew()
        began = time.process_time()
        await flusher.save(TP(TOPIC, 0), held)
        full.append(time.process_time() - began)
    keys = sum(table.keys for table in engine.tables)
    held.write_anew()
    packed = [each for table in engine.tables for each in changelog.pack(producer, table.changes(), 0)]
    await changelog.write(producer, TopicPartition(changelog_topic(settings, "nps"), 1), packed)
    size = sum(each.size() for each in packed)  # they are compressed when they are sent
    small = []
    for value in answers(_FLUSHES, now, 1):
        engine.process([Line(engine.position, value)], now)
        began = time.process_time()
        await flusher.save(TP(TOPIC, 0), held)
        small.append(time.process_time() - began)
    return {
        "key_us": median(full) / keys * 1e6,
        "flush_us": median(small) / len(engine.tables) * 1e6,
        "record_bytes": size / keys,
    }


def histories(events: int) -> float:
    """How much more a contact costs the engine than an answer does, in microseconds."""
    now = time.time()

    def spent(topic: str, values: list[bytes]) -> float:
        engine = new_engine(MemoryIndex(), topic)
        feed(engine, values[: len(values) // 4], now)
        rest = values[len(values) // 4 :]
        with collecting_as_the_worker():
            return _cpu(lambda: feed(engine, rest, now)) / len(rest) * 1e6

    return spent(_CONTACTS, list(_contacts(events, now))) - spent(TOPIC, list(answers(events, now)))


def _contacts(count: int, end: float) -> Iterator[bytes]:
    """Contacts of customers who come back a few times, with what the KPIs of contacts look at."""
    chance = random.Random(3)
    for number in range(count):
        at = end - (count - number) / RATE
        yield orjson.dumps({
            "contact_id": f"k-{number:012}", "customer_id": f"c-{chance.randrange(count // 4):08}",
            "direction": "inbound", "issue": chance.choice(("billing", "delivery")), "resolved": True,
            "occurred_at": isoformat(round(at - 60, 3)),
            "first_response_at": isoformat(round(at - 30, 3)), "closed_at": isoformat(round(at, 3)),
            "channel": chance.choice(("phone", "chat", "email")), "team": f"team-{chance.randrange(40):02}",
        })  # fmt: skip


def looks(members: int, partitions: int) -> dict[str, float]:
    """A million fields that a look adds up, and a series that it shows: on full tables of NPS and CSAT."""
    settings, now = Settings(max_members=10_000), time.time()
    state = State(settings)
    cells = 0
    for name in ("nps", "csat"):
        for number in range(partitions):
            table = state.table(KPIS[name], number)
            cells += sum(_fill(grid, members, now, settings) for grid in table.grids)
    view = View(settings, state)
    snapshot, slices = view.snapshot(now), view.slices(now)
    added = min(_cpu(lambda: (view.snapshot(now), view.slices(now))) for _ in range(_RUNS))

    def shown() -> int:
        registry, found = CollectorRegistry(), (list(view.scores(snapshot)), list(View.split(slices)))
        registry.register(ScoreMetrics(lambda: found, list(settings.cross)))
        return generate_latest(registry).count(b"\nfeedback_")

    series = shown()
    written = min(_cpu(shown) for _ in range(_RUNS))
    tracemalloc.start()
    shown()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "cells_us": added / cells * 1e12,
        "series_us": written / series * 1e6,
        "series_bytes": peak / series,
    }


def _fill(grid: Grid, members: int, now: float, settings: Settings) -> int:
    """Answers for so many members in every pane of every window; how many fields a look adds up by kept sums."""
    scope = grid.scheme.names[-1]
    rows = [grid.row(scope, "\x1f".join([f"m{number}"] * (3 if "," in scope else 1))) for number in range(members)]
    windows = [window for window in settings.windows if window.advance in grid.scheme.sizes]
    for window in windows:
        for at in range(*window.bounds(now), window.advance):
            grid.pane(window.advance, at).fields[rows] = 9
    return len(windows) * members * grid.width


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
