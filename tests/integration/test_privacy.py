"""People on a real broker: never in clear where the service keeps something, and customers forgotten when asked for."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.index import DiskIndex
from stream.privacy import Pseudonyms
from stream.topics import SCORES

from .harness import DEAD_LETTERS, Service, Services, all_committed, eventually, read_topic, run
from .traffic import Event, Feed, answer, rfc3339, traffic

KEY, OTHER_KEY = "a key of the first kind", "a key of another kind"
JANE, JOHN = "jane.doe@example.com", "john.roe@example.com"


@pytest.fixture(scope="module")
def feed(module_kafka: str) -> Feed:
    return Feed(module_kafka)


def events_of(customer: str, now: float) -> list[Event]:
    """Two changes, a contact and an order whose ids hold the customer's."""
    at = rfc3339(now - 60)
    return [
        {"type": "churn", "customer_id": customer, "change": "joined", "occurred_at": at},
        {"type": "churn", "customer_id": customer, "change": "lost", "occurred_at": at},
        {"type": "contact", "contact_id": f"k-{customer}", "customer_id": customer, "occurred_at": at},
        {"type": "order", "order_id": f"o-{customer}", "customer_id": customer, "occurred_at": at, "amount": "1.00",
         "currency": "EUR"},
    ]  # fmt: skip


def indexes(service: Service, app_id: str) -> Iterator[DiskIndex]:
    """The indexes of a worker that was stopped, flushed and compacted, one after the other."""
    for topic in ("churn", "contacts", "orders"):
        for path in sorted((service.data_dir / app_id / f"feedback.{topic}").iterdir()):
            index = DiskIndex(path, 86_400)
            index._db.flush()
            index._db.compact_range(None, None)
            yield index
            index.close()


def entries(service: Service, app_id: str, customer: str, key: str) -> int:
    prefix = Pseudonyms(key.encode()).prefix(customer)
    return sum(len(index.keys(prefix)) for index in indexes(service, app_id))


def files_with(directory: Path, *texts: bytes) -> list[Path]:
    """The files that hold one of these texts."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert len(files) > 10
    return [path for path in files if any(text in path.read_bytes() for text in texts)]


async def outcomes(service: Service, feed: Feed, events: list[Event], app_id: str) -> dict[str, float]:
    """What became of churn events that are sent now."""
    before = (await service.metrics()).by("feedback_events_total", "outcome", topic="feedback.churn")
    await feed.send(events)
    await eventually(lambda: all_committed(feed.broker, app_id))
    after = (await service.metrics()).by("feedback_events_total", "outcome", topic="feedback.churn")
    changed = {outcome: count - before.get(outcome, 0) for outcome, count in after.items()}
    return {outcome: count for outcome, count in changed.items() if count}


async def test_an_erased_customer_is_forgotten_and_the_scores_stay(feed: Feed, services: Services) -> None:
    app_id, now = "forgets", time.time()
    service = await services(feed.broker, app_id=app_id, privacy_key=KEY).ready()
    await feed.send([*traffic(now, 60), *events_of(JANE, now), *events_of(JOHN, now)])
    await feed.all_counted(service, app_id)
    service.stop()
    assert [entries(service, app_id, customer, KEY) for customer in (JANE, JOHN)] == [4, 4]

    await service.start().ready()
    said = run("erase", JANE, broker=feed.broker)
    assert (said.status, said.out) == (0, "")
    assert "erasure of 1 customer sent" in said.err
    assert "jane" not in said.err
    await feed.all_counted(service, app_id)
    assert (await service.metrics()).total("feedback_dead_letters_total") == 0
    service.stop()
    assert [entries(service, app_id, customer, KEY) for customer in (JANE, JOHN)] == [0, 4]
    assert files_with(service.data_dir, b"jane", b"john", Pseudonyms(KEY.encode()).of(JANE).encode()) == []

    await service.start().ready()
    await feed.all_counted(service, app_id)
    service.stop()
    shutil.rmtree(service.data_dir)
    await service.start().ready()
    await feed.all_counted(service, app_id)
    # John is recognised. Who sends Jane's event once more makes it a new one: nobody knows any better.
    first_changes = [events_of(customer, now)[0] for customer in (JANE, JOHN)]
    assert await outcomes(service, feed, first_changes, app_id) == {"accepted": 1, "duplicate": 1}
    _, page = await service.get("/metrics")
    service.stop()
    assert [entries(service, app_id, customer, KEY) for customer in (JANE, JOHN)] == [1, 4]
    assert files_with(service.data_dir, b"jane", b"john") == []

    changelogs = [await read_topic(feed.broker, f"{app_id}-{kpi}-changelog") for kpi in ("churn", "retention")]
    kept = b"".join((record.key or b"") + (record.value or b"") for records in changelogs for record in records)
    assert kept
    for text in (kept, service.said().encode(), page.encode()):
        assert b"jane" not in text
        assert b"john" not in text
    assert await read_topic(feed.broker, DEAD_LETTERS) == []


async def test_with_another_key_the_index_is_built_anew(feed: Feed, services: Services) -> None:
    app_id, now, customer = "rekeyed", time.time(), "jim.poe@example.com"
    service = await services(feed.broker, app_id=app_id, privacy_key=KEY).ready()
    await feed.send(events_of(customer, now))
    await eventually(lambda: all_committed(feed.broker, app_id))
    service.stop()
    rebuilt = "the index holds pseudonyms of another key and is rebuilt"
    await service.start().ready()
    service.stop()
    assert rebuilt not in service.said()

    service.change(privacy_key=OTHER_KEY)
    await service.start().ready()
    assert rebuilt in service.said()
    assert OTHER_KEY not in service.said()
    await eventually(lambda: all_committed(feed.broker, app_id))
    assert await outcomes(service, feed, events_of(customer, now)[:2], app_id) == {"duplicate": 2}
    service.stop()
    assert [entries(service, app_id, customer, key) for key in (KEY, OTHER_KEY)] == [0, 4]


async def test_agents_are_counted_by_pseudonym_and_named_nowhere(feed: Feed, services: Services) -> None:
    app_id, at = "agents", rfc3339(time.time() - 60)
    given = {"anna.low@example.com": 30, "bert.roe@example.com": 12}
    service = services(feed.broker, app_id=app_id, privacy_key=KEY, scopes="team,agent", publish_interval=1)
    await service.ready()
    await feed.send([
        answer(f"{agent[:4]}-{number}", 9, at, agent_id=agent) for agent in given for number in range(given[agent])
    ])  # fmt: skip
    anna, bert = map(Pseudonyms(KEY.encode()).of_agent, given)

    async def shown() -> None:
        rows = {row["member"]: row for row in await service.scores("?kpi=nps&scope=agent&window=24h")}
        seen = {name: (row["n"], row["value"], row["suppressed"]) for name, row in rows.items()}
        assert seen.items() >= {(anna, (30, 100, False)), (bert, (12, None, True))}
        assert seen.keys() <= {anna, bert, "unknown"}
        assert rows[anna]["fields"]
        assert rows[bert]["fields"] == {}

    async def published() -> None:
        topics = [await read_topic(feed.broker, topic) for topic in (SCORES, f"{app_id}-nps-changelog")]
        texts.extend(b"".join((record.key or b"") + (record.value or b"") for record in topic) for topic in topics)
        assert all(name.encode() in text for text in texts[-2:] for name in (anna, bert))

    texts: list[bytes] = []
    await eventually(shown)
    await eventually(published)
    await eventually(lambda: all_committed(feed.broker, app_id))
    _, page = await service.get("/metrics")
    assert f'feedback_nps_score{{member="{anna}",scope="agent",window="24h"}} 100.0' in page
    assert f'feedback_nps_score{{member="{bert}"' not in page
    service.stop()
    for text in (*texts, page.encode(), service.said().encode()):
        assert not any(agent.encode() in text for agent in given)
    assert files_with(service.data_dir, *(agent.encode() for agent in given)) == []
