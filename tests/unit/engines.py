"""An engine without broker: records in, the fields of the last hour out."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from stream.decode import Headers
from stream.engine import Engine, Processed
from stream.events.times import isoformat
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.layout import horizon, schemes
from stream.panes import Member
from stream.rolling import roll
from stream.settings import Settings
from stream.table import Table
from stream.windows import Window

SURVEYS, CHURN = "feedback.surveys", "feedback.churn"
#: 2026-03-01T09:00:00Z, and one hour later.
START, NOW = 1_772_355_600, 1_772_359_200
HOUR = Window.parse("1h/1m")
SETTINGS = Settings(windows=[HOUR], scopes="channel", cross="", max_ahead="5m", grace="1h")


class Line(NamedTuple):
    offset: int
    value: bytes | None
    headers: Headers = ()


def survey(response: str = "r1", score: Any = 9, at: float = 0, **fields: Any) -> bytes:
    """An answer, `at` seconds after the start."""
    event = {"response_id": response, "kpi": "nps", "score": score, "occurred_at": isoformat(START + at), **fields}
    return orjson.dumps(event)


def new_tables(topic: str | None = SURVEYS) -> list[Table]:
    return [Table(kpi, schemes(SETTINGS, kpi=kpi)) for kpi in KPIS.values() if topic in (kpi.source, None)]


def new_engine(
    topic: str | None = SURVEYS,
    tables: list[Table] | None = None,
    index: MemoryIndex | None = None,
    *,
    late_after: int | None = horizon(SETTINGS),
    as_of: float | None = None,
) -> Engine:
    own = new_tables(topic) if tables is None else tables
    return Engine(topic, own, index or MemoryIndex(), SETTINGS, late_after=late_after, as_of=as_of)


def feed(engine: Engine, *values: bytes | None, now: float = NOW) -> Processed:
    """Let the engine process values as one batch, with the offsets that come next."""
    processed = engine.process([Line(offset, value) for offset, value in enumerate(values, engine.position)], now)
    engine.settle()
    return processed


def save(engine: Engine) -> list[list[tuple[bytes, bytes | None]]]:
    """Save everything; the changelog of each table."""
    engine.identities.begin_save()
    changes = [list(table.changes()) for table in engine.tables]
    engine.identities.save(engine.position)
    return changes


def restored(changes: Iterable[list[tuple[bytes, bytes | None]]]) -> list[Table]:
    tables = new_tables()
    for table, log in zip(tables, changes, strict=True):
        table.restore(log)
    return tables


def fields(engine: Engine, kpi: str = "nps", member: Member = ("all", "all"), at: float = NOW - 1) -> dict[str, int]:
    """The fields of a KPI in the last hour that are not zero."""
    table = next(table for table in engine.tables if table.kpi.name == kpi)
    values = roll([table.grids[0]], HOUR, at).get(member, [])
    return {name: value for name, value in zip(table.kpi.field_names(), values, strict=False) if value}
