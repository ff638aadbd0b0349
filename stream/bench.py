"""What the engine does on this machine without a broker: events per CPU-second, as ratios to decoding alone."""

import gc
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

import orjson

from stream.decode import Headers, decode, parse
from stream.engine import Engine
from stream.errors import Rejected
from stream.events.times import isoformat
from stream.index import DiskIndex, Index, MemoryIndex
from stream.layout import horizon, schemes
from stream.settings import Settings
from stream.table import Table

TOPIC = "feedback.surveys"

_SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
_CHANNELS = ("phone", "chat", "email", "web", "store")
_TOUCHPOINTS = ("onboarding", "billing", "delivery", "support", "renewal", "cancellation")
_SEGMENTS = ("consumer", "premium", "business", "public")
_COMMENTS = (
    None,
    None,
    "Quick and friendly, thank you very much.",
    "I had to call three times before somebody understood what the invoice was about, and it is still not settled.",
    "Réponse rapide et agréable, tout a été réglé du premier coup.",
)
_BAD_EVERY = 1_000
#: Seconds of event time that a partition's events are apart: a million in two hours, on four partitions.
_APART = 0.0288
_CHUNK = 2_000
#: Events between flushes: what a partition gets in the quarter of a second between two, when four share a core.
_FLUSH = 3 * _CHUNK


class Response(NamedTuple):
    """A made-up survey response as bytes; `kpi` is None where it is broken on purpose."""

    id: str
    value: bytes
    kpi: str | None
    score: int


class Line(NamedTuple):
    """A record as the engine reads it."""

    offset: int
    value: bytes | None
    headers: Headers = ()


class Row(NamedTuple):
    """Events per CPU-second: the median, lowest and highest of the repetitions, and the median's ratio to the limit."""

    name: str
    per_second: float
    lowest: float
    highest: float
    ratio: float


def responses(count: int, start: float, end: float, seed: int = 1) -> Iterator[Response]:
    """Survey responses of about 350 bytes, a little out of order between two times; one in a thousand is broken.

    >>> [(response.id, response.kpi, response.score) for response in responses(2, 0.0, 60.0)]
    [('r-000000000000', 'nps', 9), ('r-000000000001', 'nps', 7)]
    """
    chance = random.Random(seed)
    step = (end - start) / count
    for number in range(count):
        kpi = chance.choice(("nps", "nps", "csat", "ces"))
        score = chance.randint(*_SCALES[kpi])
        agent = chance.randrange(400)
        identity = f"r-{number:012}"
        event: dict[str, object] = {
            "type": "survey_response",
            "response_id": identity,
            "kpi": kpi,
            "occurred_at": isoformat(round(max(start, start + step * number - 10 * chance.random()), 3)),
            "score": score,
            "customer_id": f"c-{chance.randrange(200_000):08}",
            "agent_id": f"a-{agent:05}",
            "language": chance.choice(("en", "fr", "de")),
            "channel": chance.choice(_CHANNELS),
            "touchpoint": chance.choice(_TOUCHPOINTS),
            "segment": chance.choice(_SEGMENTS),
            "team": f"team-{agent % 40:02}",
            "survey_id": f"after-contact-{kpi}",
        }
        if comment := chance.choice(_COMMENTS):
            event["comment"] = comment
        bad = number % _BAD_EVERY == _BAD_EVERY // 2
        value = _broken(event, number // _BAD_EVERY) if bad else orjson.dumps(event)
        yield Response(identity, value, None if bad else kpi, score)


def _broken(event: dict[str, object], number: int) -> bytes:
    """An event as no reader should count it, in one of four ways."""
    if number % 4 == 0:
        return orjson.dumps(event)[:-9]
    name, value = (("score", 99), ("kpi", "mood"), ("occurred_at", "yesterday"))[number % 4 - 1]
    return orjson.dumps(event | {name: value})


def measure(events: int, repeat: int) -> list[Row]:
    """Measure decoding and the whole engine, in turns, `repeat` times; the first row is the limit."""
    with tempfile.TemporaryDirectory() as directory, collecting_as_the_worker():
        now = time.time()
        lines = [
            Line(offset, response.value)
            for offset, response in enumerate(responses(events, now - events * _APART, now))
        ]
        paths = (Path(directory, str(number)) for number in range(repeat + 1))
        contestants: dict[str, Callable[[], None]] = {
            "decoding, fast path (the limit)": lambda: _decode_all(lines),
            "decoding, models": lambda: _parse_all(lines),
            "engine, index in memory": lambda: _count_all(lines, MemoryIndex(), now),
            "engine, index on disk": lambda: _count_all(lines, DiskIndex(next(paths), 86_400), now),
        }
        gc.freeze()
        rates: dict[str, list[float]] = {name: [] for name in contestants}
        for round_number in range(repeat + 1):
            for name, contestant in contestants.items():
                rate = events / _cpu_seconds(contestant)
                if round_number:  # the first round warms up
                    rates[name].append(rate)
    limit = median(next(iter(rates.values())))
    return [Row(name, median(each), min(each), max(each), median(each) / limit) for name, each in rates.items()]


def _cpu_seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


@contextmanager
def collecting_as_the_worker() -> Iterator[None]:
    """Garbage collection set as `stream.worker` sets it."""
    threshold = gc.get_threshold()
    gc.collect()
    gc.set_threshold(50_000, 5, 5)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)


def _decode_all(lines: Iterable[Line]) -> None:
    for line in lines:
        try:
            decode(line.value, line.headers, TOPIC, 262_144)
        except Rejected:
            continue


def _parse_all(lines: Iterable[Line]) -> None:
    for line in lines:
        try:
            parse(line.value or b"", line.headers, TOPIC).observe()
        except Rejected:
            continue


def _count_all(lines: Sequence[Line], index: Index, now: float) -> None:
    """All that a partition does but for the broker: decode, identify, count, and encode the changelog."""
    settings = Settings()
    tables = [Table(kpi, schemes(settings, kpi=kpi)) for kpi in settings.kept.values() if kpi.source == TOPIC]
    engine = Engine(TOPIC, tables, index, settings, late_after=horizon(settings))
    rest = iter(lines)
    while chunk := list(islice(rest, _CHUNK)):
        engine.process(chunk, now)
        if engine.position % _FLUSH == 0 or len(chunk) < _CHUNK:
            save(engine)
    index.close()


def save(engine: Engine) -> int:
    """Make durable all but what Kafka would hold; how many changelog records that would be."""
    engine.settle()
    engine.identities.begin_save()
    written = sum(1 for table in engine.tables for _ in table.changes())
    engine.identities.save(engine.position)
    return written
