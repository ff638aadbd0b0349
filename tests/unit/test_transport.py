"""What our consumer asks the broker for, which aiokafka and Faust have no settings for."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from stream.transport import HeardThread

QUIET = TopicPartition("feedback.churn", 0)


def fetcher() -> Fetcher:
    """One of aiokafka, as Faust lets it wait, without the broker that it fetches from."""
    made = Fetcher.__new__(Fetcher)
    made._records, made._in_flight, made._preferred_read_replica = {}, set(), {}
    made._client = SimpleNamespace(cluster=SimpleNamespace(leader_for_partition=lambda _: 1))
    made._fetch_max_wait_ms, made._fetch_min_bytes, made._fetch_max_bytes = 1_500, 1, 1
    made._max_partition_fetch_bytes, made._isolation_level, made._client_rack, made._fetcher_timeout = 1, 0, None, 1.0
    return made


def test_a_fetch_of_quiet_partitions_alone_is_answered_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer: Any = SimpleNamespace(_fetcher=fetcher(), _coordinator=SimpleNamespace(_do_heartbeat=None))

    async def connected(thread: Any) -> None:
        thread._consumer = consumer

    monkeypatch.setattr(AIOKafkaConsumerThread, "on_start", connected)
    asyncio.run(HeardThread.on_start(HeardThread.__new__(HeardThread)))
    position = SimpleNamespace(has_valid_position=True, paused=False, position=0)
    ((_, request), *_), *_ = consumer._fetcher._get_actions_per_node(
        SimpleNamespace(tps=[QUIET], state_value=lambda _: position)
    )

    assert request.topics == [(QUIET.topic, [(0, 0, 1)])]
    assert request._max_wait_ms <= 200, "meanwhile nothing is fetched of busy ones"
