"""A topic that is no longer the one that was counted is refused, loudly, and no wrong number is shown."""

import re
import time
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete

from .harness import Service, Services, admin_of, all_committed, end_offsets, eventually, produce
from .traffic import Event, answer, records, rfc3339

SURVEYS = "feedback.surveys"

Change = Callable[[AIOKafkaAdminClient, str], Awaitable[None]]


def answers(count: int, name: str) -> list[Event]:
    return [answer(f"{name}{number}", 9, rfc3339(time.time() - 1)) for number in range(count)]


async def made_anew(admin: AIOKafkaAdminClient, broker: str, then: int) -> None:
    """Delete the topic, make it again, and put some records in."""
    await admin.delete_topics([SURVEYS])

    async def gone() -> None:
        assert SURVEYS not in await admin.list_topics()

    await eventually(gone)
    await admin.create_topics([NewTopic(SURVEYS, 4, 1)])

    async def there() -> None:
        assert SURVEYS in await admin.list_topics()

    await eventually(there)
    await produce(broker, records(answers(then, "anew")))


async def shorter(admin: AIOKafkaAdminClient, broker: str) -> None:
    await made_anew(admin, broker, 4)


async def longer(admin: AIOKafkaAdminClient, broker: str) -> None:
    await made_anew(admin, broker, sum((await end_offsets(broker, [SURVEYS])).values()) + 400)


async def trimmed(admin: AIOKafkaAdminClient, broker: str) -> None:
    await produce(broker, records(answers(400, "unseen")))
    ends = await end_offsets(broker, [SURVEYS])
    await admin.delete_records(
        {TopicPartition(tp.topic, tp.partition): RecordsToDelete(end) for tp, end in ends.items()}
    )


async def more_partitions(admin: AIOKafkaAdminClient, _: str) -> None:
    await admin.create_partitions({SURVEYS: NewPartitions(6)})


def app_id_of(request: pytest.FixtureRequest) -> str:
    return re.sub(r"\W+", "-", request.node.name)


@pytest.fixture
async def service(module_kafka: str, services: Services, request: pytest.FixtureRequest) -> Service:
    """A worker that has counted something; each of its own group, since they share a broker."""
    app_id = app_id_of(request)
    service = await services(module_kafka, "agents", app_id=app_id).ready()
    await produce(module_kafka, records(answers(200, "a")))
    await eventually(lambda: all_committed(module_kafka, app_id, [SURVEYS]))
    return service


async def test_with_leave_it_goes_on_behind_what_was_removed(
    module_kafka: str, service: Service, request: pytest.FixtureRequest
) -> None:
    service.stop()
    async with admin_of(module_kafka) as admin:
        await trimmed(admin, module_kafka)
    service.change(accept_gaps="true")
    await service.start().ready()
    await produce(module_kafka, records(answers(40, "b")))
    await eventually(lambda: all_committed(module_kafka, app_id_of(request), [SURVEYS]))

    shown = (await service.metrics()).by("feedback_events_total", "outcome", topic=SURVEYS)
    assert shown == {"accepted": 40}


async def test_a_topic_that_is_made_anew_under_way_ends_the_process(module_kafka: str, service: Service) -> None:
    async with admin_of(module_kafka) as admin:
        await shorter(admin, module_kafka)

    assert service.wait() == 70
    assert "was deleted" in service.said().splitlines()[-1], service.said()


CHANGES = [
    (shorter, "was deleted and made anew"),
    (longer, "was deleted and made anew"),
    (trimmed, "were removed before they were counted"),
    (more_partitions, "`feedback-stream rebuild` counts everything anew"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=lambda value: getattr(value, "__name__", ""))
async def test_a_changed_topic_is_refused_at_the_start(
    change: Change, said: str, module_kafka: str, service: Service
) -> None:
    service.stop()
    async with admin_of(module_kafka) as admin:
        await change(admin, module_kafka)

    assert service.start().wait() in {1, 70}
    assert said in service.said().splitlines()[-1], service.said()
    assert "Traceback" not in service.said()


async def test_partitions_that_are_added_under_way_end_the_process(module_kafka: str, service: Service) -> None:
    async with admin_of(module_kafka) as admin:
        await admin.create_partitions({SURVEYS: NewPartitions(8)})

    assert service.wait() == 70
    assert "had 6 partitions when this process started, and has 8 now" in service.said().splitlines()[-1]
