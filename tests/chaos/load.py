"""Traffic: `python -m tests.chaos.load --broker …`, some thousand events a second until SIGTERM.

Answers with duplicates, corrections and deletions in any order within their partition, customers and what they do, late
and unordered events, bad records. What was sent is nobody's business: the topics say what there is.
"""

import argparse
import asyncio
import json
import logging
import random
import signal
import time
from collections import deque
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple

import uvloop
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from .journeys import Journeys
from .world import CHURN, PARTITIONS, SURVEYS

#: Seconds between two bursts; each is one record batch a partition, since a send for each event would cost ten times.
_TICK_S = 0.1
#: Batches under way. Beyond that the source waits, as it would in life.
_MAX_UNDER_WAY = 400
_REMEMBERED = 20_000

_SCALES = {"nps": range(11), "csat": range(1, 6), "ces": range(1, 8), "enps": range(11)}
_DIMENSIONS = (
    ("channel", ("phone", "chat", "e-mail")), ("touchpoint", ("billing", "delivery")),
    ("segment", ("premium", "basic")), ("team", ("north", "south", "équipe sud")), ("survey_id", ("a", "b")),
)  # fmt: skip
#: How far behind its moment an event happened, in seconds at most, and how often. The last is late for every window.
_BEHIND = (2, 60, 3_000, 70_000, 400_000), (0.80, 0.15, 0.04, 0.008, 0.002)


class Answer(NamedTuple):
    """What a later record needs to repeat, correct or delete an answer."""

    key: bytes
    kpi: str
    head: bytes
    value: bytes


class Source:
    """Draws records of each topic, by partition."""

    def __init__(self, chance: random.Random, *, bad: float, behind: float, partitions: dict[str, int]) -> None:
        self._chance = chance
        self._bad = bad
        self._behind = behind
        self._partitions = partitions
        self._numbers = count()
        self._name = b"%x-" % chance.getrandbits(32)
        self._sent: list[deque[Answer]] = [deque(maxlen=_REMEMBERED) for _ in range(partitions[SURVEYS])]
        self._tails = {kpi: [self._tail(kpi) for _ in range(500)] for kpi in _SCALES}
        self._levels = dict.fromkeys(("premium", "basic"), 1_000)
        self._journeys = Journeys(chance)

    def burst(self, events: int, now: float) -> dict[tuple[str, int], list[tuple[bytes | None, bytes | None]]]:
        """So many records as of now, by topic and partition."""
        times = [self._time(now - self._behind) for _ in range(64)]
        latest = _rfc3339(now - self._behind)
        records: dict[tuple[str, int], list[tuple[bytes | None, bytes | None]]] = {}
        for _ in range(events):
            number = next(self._numbers)
            if number % 20 == 0:
                partition = number // 20 % self._partitions[CHURN]
                key, value = self._change(number, times)
                records.setdefault((CHURN, partition), []).append((key, value))
                continue
            if number % 20 == 10:
                topic, partition, key, value = self._journeys.next(lambda ago: self._ago(now, ago))
                records.setdefault((topic, partition), []).append((key, value))
                continue
            partition = number % self._partitions[SURVEYS]
            record = (
                self._bad_record(now)
                if self._chance.random() < self._bad
                else self._answer(number, partition, times, latest)
            )
            records.setdefault((SURVEYS, partition), []).append(record)
        return records

    def counts(self, now: float) -> dict[tuple[str, int], list[tuple[bytes, bytes]]]:
        """A count of customers for each segment; always by the same partition."""
        found: dict[tuple[str, int], list[tuple[bytes, bytes]]] = {}
        for place, segment in enumerate(self._levels):
            self._levels[segment] += self._chance.randint(-5, 8)
            event = {"type": "customer_count", "customers": self._levels[segment], "segment": segment,
                     "occurred_at": _rfc3339(now - self._behind - self._chance.random() * 20).decode()}  # fmt: skip
            partition = place % self._partitions[CHURN]
            found.setdefault((CHURN, partition), []).append((segment.encode(), json.dumps(event).encode()))
        return found

    def _answer(self, number: int, partition: int, times: list[bytes], latest: bytes) -> tuple[bytes, bytes]:
        chance, sent = self._chance.random(), self._sent[partition]
        if chance < 0.32 and sent:
            # Mostly one of the last few seconds; sometimes one from long ago.
            answer = sent[-1 - int(len(sent) * self._chance.random() ** 3)]
            return answer.key, answer.value if chance < 0.20 else self._afterthought(answer, chance < 0.30, latest)
        kpi = self._chance.choice(("nps", "nps", "csat", "ces", "enps"))
        key = b"%s%d" % (self._name, number)
        head = b'{"response_id":"%s","kpi":"%s","occurred_at":"%s"' % (
            key, kpi.encode(), times[int(self._chance.random() * len(times))],
        )  # fmt: skip
        answer = Answer(key, kpi, head, head + self._chance.choice(self._tails[kpi]))
        sent.append(answer)
        return key, answer.value

    def _afterthought(self, answer: Answer, correction: bool, latest: bytes) -> bytes:
        """A correction, which may be older than one before it, or a deletion."""
        if not correction:
            return answer.head + b',"updated_at":"' + latest + b'","score":null,"status":"deleted"}'
        if self._chance.random() < 0.5:
            version = b',"revision":%d' % self._chance.randint(1, 9)
        else:
            version = b',"updated_at":"' + latest + b'"'
        return answer.head + version + self._chance.choice(self._tails[answer.kpi])

    def _tail(self, kpi: str) -> bytes:
        """The rest of an answer: all but its id, KPI and times."""
        event: dict[str, Any] = {"score": self._chance.choice(_SCALES[kpi])}
        status = self._chance.random()
        if status < 0.05:
            event |= {"score": None, "status": "skipped"}
        elif status < 0.08:
            event["status"] = self._chance.choice(("declined", "excluded"))
        for field, members in _DIMENSIONS:
            if self._chance.random() < 0.9:
                event[field] = self._chance.choice(members)
        return b"," + json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()[1:]

    def _change(self, number: int, times: list[bytes]) -> tuple[bytes, bytes]:
        customer = b"c%d" % (number // 20 // self._partitions[CHURN] % 5_000)
        change = self._chance.choice((b"lost", b"joined", b"reactivated"))
        segment = self._chance.choice((b"premium", b"basic"))
        time_ = self._chance.choice(times)
        return customer, b'{"customer_id":"%s","change":"%s","occurred_at":"%s","segment":"%s"}' % (
            customer, change, time_, segment,
        )  # fmt: skip

    def _ago(self, now: float, seconds: float) -> str:
        return _rfc3339(now - self._behind - seconds).decode()

    def _time(self, now: float) -> bytes:
        (behind,) = self._chance.choices(*_BEHIND)
        return _rfc3339(now - self._chance.random() * behind)

    def _bad_record(self, now: float) -> tuple[bytes | None, bytes | None]:
        time_ = _rfc3339(now - self._behind).decode()
        good = {"response_id": "bad", "kpi": "nps", "score": 9, "occurred_at": time_}
        value = self._chance.choice((
            None, b"{broken", b"[1,2]", b"\xff\xfe", b"", good | {"score": 11}, good | {"kpi": "fun"},
            good | {"score": "9"},
            good | {"occurred_at": time_.rstrip("Z")}, good | {"response_id": ""}, {"kpi": "nps", "score": 3},
            good | {"occurred_at": _rfc3339(now + 86_400 * 400).decode()},
        ))  # fmt: skip
        return b"bad", json.dumps(value).encode() if isinstance(value, dict) else value


def _rfc3339(seconds: float) -> bytes:
    return datetime.fromtimestamp(round(seconds, 3), UTC).isoformat().replace("+00:00", "Z").encode()


async def send(source: Source, producer: AIOKafkaProducer, rate: int, stop: asyncio.Event, limit: int) -> None:
    """Send bursts until told to stop, or until so many events were sent."""
    under_way: set[asyncio.Future[Any]] = set()
    sent, begun, counted = 0, time.monotonic(), 0.0
    while not stop.is_set() and sent < limit:
        now = time.time()
        burst: dict[Any, Any] = source.burst(min(int(rate * _TICK_S), limit - sent), now)
        if now - counted > 5:
            counted = now
            for place, records in source.counts(now).items():
                burst.setdefault(place, []).extend(records)
        for (topic, partition), records in burst.items():
            await _submit(producer, topic, partition, records, now, under_way)
            sent += len(records)
        while len(under_way) > _MAX_UNDER_WAY:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(max(0.0, begun + sent / rate - time.monotonic()))
    if under_way:
        await asyncio.wait(under_way)
    print(json.dumps({"sent": sent}), flush=True)


async def _submit(
    producer: AIOKafkaProducer, topic: str, partition: int, records: Any, now: float, under_way: Any
) -> None:
    batch = producer.create_batch()
    for key, value in records:
        if batch.append(key=key, value=value, timestamp=int(now * 1000)) is None:
            raise AssertionError("a burst must fit into a batch; lower the rate")
    batch.close()
    future = await producer.send_batch(batch, topic, partition=partition)
    under_way.add(future)
    future.add_done_callback(lambda done: _note(done, under_way))


def _note(done: "asyncio.Future[Any]", under_way: "set[asyncio.Future[Any]]") -> None:
    under_way.discard(done)
    if not done.cancelled() and isinstance(error := done.exception(), KafkaError):
        print(json.dumps({"failed": str(error)}), flush=True)  # what is not in the topic is not expected


async def main() -> None:
    """Send until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker", required=True)
    parser.add_argument("--rate", type=int, default=3_500)
    parser.add_argument("--limit", type=int, default=1 << 60)
    parser.add_argument("--bad", type=float, default=0.01)
    parser.add_argument("--behind", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.basicConfig(level="CRITICAL")  # the client would speak of each attempt to reach a broker that is away
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    producer = AIOKafkaProducer(
        bootstrap_servers=given.broker,
        acks="all",
        enable_idempotence=True,
        max_batch_size=900_000,
        max_request_size=16 << 20,
        request_timeout_ms=180_000,  # batches are given up after that: longer than any outage here
    )
    async with producer:
        source = Source(random.Random(given.seed), bad=given.bad, behind=given.behind, partitions=PARTITIONS)
        await send(source, producer, given.rate, stop, given.limit)


if __name__ == "__main__":
    uvloop.run(main())
