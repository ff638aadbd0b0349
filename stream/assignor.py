"""Who gets which partitions: as Faust decides, but never because a broker did not know its topics for a moment."""

from collections.abc import Mapping
from typing import Any

from faust.assignor.partition_assignor import PartitionAssignor


class KnownTopics:
    """What the client knows of the cluster, and for topics that it does not know what was found at the start.

    >>> class Restarted:
    ...     def partitions_for_topic(self, topic):
    ...         return {0, 1, 2} if topic == "grown" else None
    >>> known = KnownTopics(Restarted(), {"grown": 2, "missing": 2})
    >>> [known.partitions_for_topic(topic) for topic in ("grown", "missing", "strange")]
    [{0, 1, 2}, {0, 1}, set()]
    """

    def __init__(self, cluster: Any, counts: Mapping[str, int]) -> None:
        self._cluster = cluster
        self._counts = counts

    def partitions_for_topic(self, topic: str) -> set[int]:
        """The numbers of a topic's partitions."""
        return self._cluster.partitions_for_topic(topic) or set(range(self._counts.get(topic, 0)))


class KnownAssignor(PartitionAssignor):  # type: ignore[misc]
    """Faust's assignor, for an app whose `counts` say how many partitions each topic has.

    A broker that has just started can answer that it has no topics. Faust would then assign nothing to anybody, and
    nothing would ever make it try again.
    """

    def _perform_assignment(self, cluster: Any, member_metadata: Any) -> Any:
        return super()._perform_assignment(KnownTopics(cluster, self.app.counts), member_metadata)
