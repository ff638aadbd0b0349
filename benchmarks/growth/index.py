"""The index of answers as it fills: what a new answer and a correction cost beside millions of others."""

import random
import struct
import time
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import orjson
from rocksdict import AccessType, Rdict, SstFileWriter

from benchmarks.growth.engine import feed, new_engine
from benchmarks.growth.events import answers, corrected
from stream.bench import collecting_as_the_worker
from stream.identity import Outcome
from stream.index import DiskIndex, MemoryIndex, tuned
from stream.settings import Settings

_HORIZON = Settings.model_fields["edit_horizon"].default
#: Ids are spread over so many numbers, as those of senders who draw them are: a lookup can be anywhere.
_SPACE = 1 << 60
#: Different entries, which take turns.
_ENTRIES = 20_000
#: Of one file.
_FILE = 2_000_000
_RUNS = 3


class Filled(NamedTuple):
    """With so many answers in the index: bytes of each on disk, CPU of a new one and of a correction, seconds to fill.

    Costs are microseconds of the engine with the index: median, lowest and highest run.
    """

    size: int
    entry_bytes: float
    new: tuple[float, float, float]
    correction: tuple[float, float, float]
    fill_s: float


class Known(NamedTuple):
    """Answers that take turns: as they came, and their entries as the engine writes them, each with the KPI's name."""

    answers: list[bytes]
    kpis: list[bytes]
    entries: list[bytes]

    @classmethod
    def made(cls, now: float) -> "Known":
        """By an engine, which then is asked for what it remembers."""
        made = list(answers(_ENTRIES, now, ids=(f"{number}" for number in range(_ENTRIES))))
        kpis = [orjson.loads(value)["kpi"].encode() for value in made]
        index = MemoryIndex()
        feed(new_engine(index), made, now)
        found = index.get([b"%d\0%s" % (number, kpi) for number, kpi in enumerate(kpis)])
        return cls(made, kpis, [entry for entry in found if entry is not None])


class Batch(NamedTuple):
    """Answers that were filled in together, in the order of their ids, which lie evenly in all the space."""

    first: int
    size: int

    def id(self, number: int) -> bytes:
        """Of one of them."""
        return b"%016x" % (self.first + number * (_SPACE // self.size))


def filled(sizes: Sequence[int], events: int, directory: Path) -> Iterator[Filled]:
    """Fill an index to each size in turn, and measure so many events of both kinds at each."""
    path, now = directory / "index", time.time()
    known = Known.made(now)
    batches: list[Batch] = []
    for number, (before, size) in enumerate(pairwise([0, *sizes])):
        began = time.monotonic()
        batches.append(Batch(number, size - before))
        _fill(path, batches[-1], known, now)
        took = time.monotonic() - began
        on_disk = sum(file.stat().st_size for file in path.rglob("*.sst"))
        new, corrections = [], []
        for run in range(_RUNS):
            chance = random.Random(f"{number} {run}")
            ids = (f"{chance.randrange(_SPACE):016x}" for _ in range(events * 2))
            new.append(_spent(path, list(answers(events, now, ids=ids)), now, "accepted"))
            later = [_correction(batches, known, chance, now + 1 + number * _RUNS + run) for _ in range(events)]
            corrections.append(_spent(path, later, now, "corrected"))
        yield Filled(size, on_disk / size, _spread(new), _spread(corrections), took)


def _fill(path: Path, batch: Batch, known: Known, now: float) -> None:
    """Write sorted files beside RocksDB and let it take them in; wait until it has put them in their places."""
    path.mkdir(parents=True, exist_ok=True)
    options = tuned()
    # Its time to live takes the last four bytes of what it stores for the moment of writing.
    written = [entry + struct.pack("<i", int(now)) for entry in known.entries]
    files: list[str] = []
    numbers = iter(range(batch.size))
    while some := list(islice(numbers, _FILE)):
        files.append(str(path.with_name(f"{batch.first}-{len(files)}.sst")))
        writer = SstFileWriter(options)
        writer.open(files[-1])
        for number in some:
            turn = number % len(written)
            writer[b"%s\0%s" % (batch.id(number), known.kpis[turn])] = written[turn]
        writer.finish()
    db = Rdict(str(path), options, column_families={"default": options}, access_type=AccessType.with_ttl(_HORIZON))
    db.ingest_external_file(files)
    while db.property_int_value("rocksdb.compaction-pending") or db.property_int_value(
        "rocksdb.num-running-compactions"
    ):
        time.sleep(0.1)
    db.close()
    for file in files:
        Path(file).unlink()


def _correction(batches: Sequence[Batch], known: Known, chance: random.Random, at: float) -> bytes:
    batch = chance.choices(batches, [each.size for each in batches])[0]
    number = chance.randrange(batch.size)
    value = known.answers[number % len(known.answers)]
    return corrected(value, at, batch.id(number).decode())


def _spent(path: Path, values: list[bytes], now: float, expected: Outcome) -> float:
    """Microseconds of CPU that an event takes."""
    index = DiskIndex(path, _HORIZON)
    engine = new_engine(index)
    with collecting_as_the_worker():
        began = time.process_time()
        done = feed(engine, values, now)
        spent = time.process_time() - began
    assert done.outcomes[expected] > 0.9 * len(values), done.outcomes  # some are corrected twice
    index.put({}, 0)  # as if nothing had been read: the next engine begins at its start, too
    index.close()
    return spent / len(values) * 1e6


def _spread(figures: Sequence[float]) -> tuple[float, float, float]:
    return median(figures), min(figures), max(figures)
