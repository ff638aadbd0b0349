"""Cases that the service opens by itself."""

import json
import time
from typing import Any

from .harness import Services, eventually, produce, read_topic
from .traffic import answer, records, rfc3339


async def test_a_case_is_opened_once_for_each_detractor(module_kafka: str, services: Services) -> None:
    service = await services(module_kafka, open_cases=True).ready()
    now = rfc3339(time.time())
    await produce(module_kafka, records([answer(f"unhappy{number}", number, now) for number in range(10)]))

    async def opened() -> None:
        cases: list[dict[str, Any]] = [
            json.loads(each.value) for each in await read_topic(module_kafka, "feedback.cases")
        ]
        assert {case["response_id"] for case in cases} == {f"unhappy{number}" for number in range(7)}
        assert (await service.metrics()).value("feedback_cases_open", window="1h", scope="all", member="all") == 7

    await eventually(opened)
    service.kill()
    await service.start().ready()
    await eventually(opened)
