"""How far work is behind where partitions ended at a moment."""

from collections.abc import Mapping
from typing import Protocol

from faust.types import TP


class Asked(Protocol):
    """What is asked of the broker; `Offsets` can."""

    async def any_from(self, tp: TP, offset: int) -> bool:
        """Whether there is a record at or behind an offset."""


class CatchUp:
    """Compares positions with the ends of a moment, and knows ends that no record stands before.

    >>> import asyncio
    >>> catch_up = CatchUp(None, {TP("feedback.surveys", 0): 70, TP("feedback.surveys", 1): 0})
    >>> [asyncio.run(catch_up.missing({TP("feedback.surveys", 0): at})) for at in (50, 60, 75)]
    [20, 10, 0]
    """

    def __init__(self, offsets: Asked | None, ends: Mapping[TP, int]) -> None:
        self._offsets = offsets
        self._ends = dict(ends)
        self._before: dict[TP, int] = {}

    async def missing(self, positions: Mapping[TP, int]) -> int:
        """Records that are still to be counted; of partitions without a position, others take care.

        Where nothing has moved since the last look, the end may be the mark of a transaction: then it is asked for.

        Raises:
            KafkaError: if the broker does not answer.
        """
        behind = {tp: at for tp, at in positions.items() if at < self._ends.get(tp, 0)}
        for tp, position in behind.items():
            still = self._before.get(tp) == position
            if still and self._offsets is not None and not await self._offsets.any_from(tp, position):
                self._ends[tp] = position
        self._before = behind
        return sum(self._ends[tp] - position for tp, position in behind.items())
