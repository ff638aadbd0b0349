"""The state of this process: a table for each KPI and partition, recovered by Faust through its store."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from faust.stores.base import Store
from faust.types import TP, EventT

from stream.kpi import Accumulator
from stream.layout import schemes
from stream.settings import Settings
from stream.table import Table

#: Changelog records that are parsed at once.
_CHUNK = 1_000


class State:
    """Every table that this process holds, its own partitions' and those it follows.

    No two partitions share a table: what one partition owns is an absolute value, and the whole is their sum.
    """

    def __init__(self, settings: Settings, slack: int | None = None) -> None:
        self._settings = settings
        self._slack = slack
        self._by_kpi: defaultdict[str, dict[int, Table]] = defaultdict(dict)

    def table(self, kpi: type[Accumulator], partition: int) -> Table:
        """The table of a KPI on a partition, empty the first time."""
        tables = self._by_kpi[kpi.name]
        if partition not in tables:
            tables[partition] = Table(kpi, schemes(self._settings, self._slack, kpi))
        return tables[partition]

    def tables(self, kpi: type[Accumulator]) -> list[Table]:
        """The tables of a KPI, of all partitions that are known here."""
        return [table for _, table in sorted(self._by_kpi[kpi.name].items())]

    def everything(self) -> list[Table]:
        """All tables there are."""
        return [table for tables in self._by_kpi.values() for table in tables.values()]

    def of_source(self, topic: str, partition: int) -> list[Table]:
        """The tables that are fed by a partition of a source topic."""
        return [self.table(kpi, partition) for kpi in self._settings.kept.values() if kpi.source == topic]


class PaneStore(Store):  # type: ignore[misc]
    """Faust's view of a KPI's tables: it recovers them and asks how far they are; they are written elsewhere."""

    _tables: State
    _kpi: type[Accumulator]

    def attach(self, state: State, kpi: type[Accumulator], fatal: Callable[[str, BaseException], None]) -> None:
        """Say whose tables these are; Faust makes stores without a place for it."""
        self._tables, self._kpi, self._fatal = state, kpi, fatal

    def persisted_offset(self, tp: TP) -> int | None:
        """The changelog offset that is known to be in the table, so that retained partitions are not read again."""
        return self._tables.table(self._kpi, tp.partition).changelog_offset

    def apply_changelog_batch(
        self, batch: Iterable[EventT], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Take in changelog records; each Faust event holds a fetched batch of them.

        What cannot be read ends the process: Faust would log it, and go on with half of the state.
        """
        try:
            for event in batch:
                table = self._tables.table(self._kpi, event.message.partition)
                for records in event.message.value.chunks(_CHUNK):
                    restore_all(table, records)
        except Exception as error:
            self._fatal("could not recover the state", error)

    def reset_state(self) -> None:
        """There is nothing on disk."""

    async def backup_partition(self, *_: Any, **__: Any) -> None:
        """The changelog is the backup."""

    def restore_backup(self, *_: Any, **__: Any) -> None:
        """The changelog is the backup."""

    def _clear(self) -> None: ...


def restore_all(table: Table, records: Iterable[Any]) -> None:
    """Take changelog records into a table, and remember how far it came."""
    taken = list(records)
    if not taken:
        return
    table.restore([(record.key, record.value) for record in taken])
    last = max(record.offset for record in taken)
    table.changelog_offset = max(last, table.changelog_offset or 0)
    table.changelog_end = max(last, table.changelog_end or 0)
