"""Up to where partitions are done, though what is in them is done in any order."""

from collections.abc import Collection

from aiokafka import TopicPartition


class Progress:
    """What is under way of each partition, by its offsets.

    >>> progress, tp = Progress(), TopicPartition("feedback.notifications", 0)
    >>> for offset in (5, 6, 7):
    ...     progress.take(tp, offset)
    >>> progress.done(tp, 6)
    >>> progress.moved({tp})
    {}
    >>> progress.done(tp, 5)
    >>> progress.moved({tp}), progress.under_way(tp), progress.moved({tp})
    ({TopicPartition(topic='feedback.notifications', partition=0): 7}, 1, {})
    """

    def __init__(self) -> None:
        self._under_way: dict[TopicPartition, set[int]] = {}
        self._next: dict[TopicPartition, int] = {}
        self._told: dict[TopicPartition, int] = {}

    def take(self, tp: TopicPartition, offset: int) -> None:
        """Begin with a record; one that was taken before is read again, and so are all behind it."""
        if offset < self._next.get(tp, offset + 1):
            self._under_way[tp], self._told[tp] = set(), offset
        self._under_way[tp].add(offset)
        self._next[tp] = offset + 1

    def done(self, tp: TopicPartition, offset: int) -> None:
        """Be done with a record: all that it led to is acknowledged."""
        self._under_way.get(tp, set()).discard(offset)

    def under_way(self, tp: TopicPartition) -> int:
        """How many records of a partition are begun, and not done."""
        return len(self._under_way.get(tp, ()))

    def moved(self, held: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Up to where those partitions are done that have moved on since asked last; those not held are forgotten."""
        for tp in self._next.keys() - {*held}:
            del self._under_way[tp], self._next[tp], self._told[tp]
        positions = {tp: min(self._under_way[tp], default=after) for tp, after in self._next.items()}
        moved = {tp: position for tp, position in positions.items() if position > self._told[tp]}
        self._told |= moved
        return moved
