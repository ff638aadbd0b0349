"""The Faust app: one agent a topic, one table a KPI; wiring only."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import faust
from faust.types import TP

from stream.assignor import KnownAssignor
from stream.events import SOURCES
from stream.kafka import client_options
from stream.partitions import Partitions
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.store import PaneStore, State
from stream.transport import BatchSchema, BatchTransport

logger = logging.getLogger(__name__)


def build(
    settings: Settings,
    state: State,
    partitions: Partitions,
    metrics: ServiceMetrics,
    counts: dict[str, int],
    fatal: Callable[[str, BaseException], None],
) -> faust.App:
    """A Faust app over these partitions; `counts` are the numbers of partitions of the topics."""
    datadir = settings.data_dir / settings.app_id / "faust"
    datadir.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        settings.app_id,
        broker=[f"kafka://{address}" for address in settings.broker.split(",")],
        broker_credentials=_credentials(settings),
        datadir=str(datadir),
        store="memory://",
        autodiscover=False,
        origin="stream",
        web_enabled=False,
        topic_allow_declare=False,  # they were made before, each as it must be
        topic_disable_leader=True,
        PartitionAssignor=KnownAssignor,
        table_standby_replicas=0,  # a standby would read every changelog twice
        topic_replication_factor=settings.replication,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 << 20,
        broker_commit_interval=1.0,
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=min(3.0, settings.session_timeout / 4),
        broker_request_timeout=max(90.0, settings.session_timeout + 1.0),
        stream_wait_empty=True,
    )
    app.transport = BatchTransport(app.conf.broker_consumer, app)
    app.positions = partitions
    app.counts = counts
    for name, kpi in settings.kept.items():
        table = app.Table(name, schema=BatchSchema(), partitions=counts[kpi.source], recovery_buffer_size=1_000)
        store = PaneStore("memory://", app, table, table_name=name)
        store.attach(state, kpi, fatal)
        table._data = store  # noqa: SLF001  Faust makes stores by URL only, which cannot carry the state
    for topic in SOURCES:
        source = app.topic(topic, schema=BatchSchema(), partitions=counts[topic])
        source.maxsize = 4  # batches, not records; the argument of `app.topic` is not passed on
        app.agent(source, name=topic)(_agent(app, partitions, fatal))
    _connect(app, partitions, metrics, fatal)
    return app


def _credentials(settings: Settings) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """What Faust hands on to its consumer, in whatever thread that is, and to its producer."""
    options = client_options(settings)
    context = options.get("ssl_context")
    if settings.sasl:
        return faust.SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=options["sasl_mechanism"],
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if settings.tls else None


def _agent(
    app: faust.App, partitions: Partitions, fatal: Callable[[str, BaseException], None]
) -> Callable[[Any], Awaitable[None]]:
    async def count(batches: Any) -> None:
        """Count fetched batches of one topic; no exception may reach Faust, which would pass over the batch."""
        async for batch in batches:
            try:
                missing_from = await partitions.handle(batch)
                if missing_from is not None:
                    logger.info("reading again from where records seem to be missing", extra={"tp": str(batch.tp)})
                    await app.consumer._thread.seek_wait({batch.tp: missing_from})  # noqa: SLF001
            except Exception as error:
                fatal("could not count a batch", error)

    return count


def _connect(
    app: faust.App, partitions: Partitions, metrics: ServiceMetrics, fatal: Callable[[str, BaseException], None]
) -> None:
    """Take partitions up once their tables are recovered, and let go of them before others take them.

    What fails here is fatal at once: after half of a save, another one would write a position without its sums.
    """
    revoked_since = False

    async def assigned(*_: Any, **__: Any) -> None:
        nonlocal revoked_since
        revoked_since = False

    async def opened(*_: Any, **__: Any) -> None:
        if revoked_since:  # a recovery that ended too late: what Faust still calls assigned may be another's by now
            return
        metrics.recovery_ends()
        try:
            await partitions.open(tp for tp in app.consumer.assignment() if tp.topic in SOURCES)
        except Exception as error:
            fatal("could not take up partitions", error)

    async def revoked(_: Any, tps: Iterable[TP], **__: Any) -> None:
        nonlocal revoked_since
        revoked_since = True
        metrics.recovery_begins()
        try:
            durable = await partitions.release(tps)
        except Exception as error:
            fatal("could not save partitions before a rebalance", error)
            raise
        metrics.released(durable)
        if durable:
            await app.consumer._commit(durable)  # noqa: SLF001  Faust has dropped its own notes by now

    app.on_partitions_assigned.connect(assigned)
    app.on_rebalance_complete.connect(opened)
    app.on_partitions_revoked.connect(revoked)
