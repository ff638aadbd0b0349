"""A running worker ends where Kafka refuses it for good, and not where a broker is only away."""

from collections.abc import Iterator
from typing import Any

import pytest

from stream import worker
from stream.errors import AccessError, BrokerError
from stream.settings import Settings

REFUSED, AWAY = AccessError("refused"), BrokerError("away")


class EndOfTestError(Exception):
    """There are no more answers."""


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        ([REFUSED, REFUSED], AccessError),
        ([None, REFUSED, REFUSED], AccessError),
        ([REFUSED, None, REFUSED, AWAY, REFUSED, AWAY, AWAY], EndOfTestError),
    ],
)
async def test_two_refusals_in_a_row_end_it(
    answers: list[Exception | None], end: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    coming: Iterator[Exception | None] = iter(answers)

    async def reach(_: Settings, __: dict[str, Any]) -> dict[str, Any]:
        answer = next(coming, EndOfTestError())
        if answer is not None:
            raise answer
        return {}

    monkeypatch.setattr(worker, "reach", reach)
    monkeypatch.setattr(worker, "_ACCESS_S", 0)
    with pytest.raises(end):
        await worker.watch_access(Settings())
    assert next(coming, None) is None
