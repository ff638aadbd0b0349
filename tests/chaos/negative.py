"""The negative control: a plain Faust job under the same faults, judged by its own, simpler definition."""

from collections import Counter
from datetime import datetime

import orjson

from .evidence import batches
from .stock import place as place_of
from .verdict import Difference, Verdict
from .world import PARTITIONS, SURVEYS


async def judge_stock(broker: str, app_id: str) -> Verdict:
    """Compare the table's changelog with the source topic: every valid event counts one, duplicates too."""
    verdict = Verdict()
    for partition in range(PARTITIONS[SURVEYS]):
        expected = await _expected(broker, partition, verdict)
        found: dict[str, int] = {}
        async for records in batches(broker, f"{app_id}-answers-changelog", partition):
            for record in records:
                found[orjson.loads(record.key).partition(":")[2]] = orjson.loads(record.value)
            verdict.changelog_records += len(records)
        compare(verdict, partition, expected, found)
    return verdict


async def _expected(broker: str, partition: int, verdict: Verdict) -> "Counter[str]":
    expected: Counter[str] = Counter()
    async for records in batches(broker, SURVEYS, partition):
        verdict.records += len(records)
        expected.update(where for record in records if (where := place_of(record.value)) is not None)
    return expected


def compare(verdict: Verdict, partition: int, expected: "Counter[str]", found: dict[str, int]) -> None:
    """Add what differs on one partition."""
    for where in sorted(expected.keys() | found.keys()):
        wanted, there = expected[where], found.get(where, 0)
        if wanted != there:
            minute, _, group = where.rpartition(":")
            verdict.wrong += 1
            verdict.lost += max(0, wanted - there)
            verdict.doubled += max(0, there - wanted)
            start = int(datetime.fromisoformat(f"{minute}:00Z").timestamp())
            place = ("group", group, 60, start)
            verdict.differences.append(Difference("stock", partition, place, [wanted], [there]))
