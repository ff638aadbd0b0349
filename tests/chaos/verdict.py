"""Expected against found: what was lost, doubled or is wrong, and where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .evidence import Saved, saved, source_partitions, truth
from .oracle import SIZES, Cells, Partition, Place, floor
from .world import KPIS

#: The panes that hold every event that is not late: of the longest window.
_WIDEST = max(SIZES, key=lambda advance: SIZES[advance])
_SHOWN = 12


class Difference(NamedTuple):
    """One value that is not as it must be."""

    kpi: str
    partition: int
    place: Place
    expected: list[int]
    found: list[int]

    def __str__(self) -> str:
        scope, member, advance, start = self.place
        pane = "opening" if start is None else f"pane {start}"
        return (
            f"{self.kpi}-{self.partition} {scope}={member!r} {pane} of {advance} s: "
            f"expected {self.expected}, found {self.found}"
        )


@dataclass
class Verdict:
    """What the oracle found.

    `lost` and `doubled` are events, counted in the panes of the longest window; `wrong` are values of any scope and
    width that differ; `stale` those that only readers of a fully compacted changelog would see wrong; `shown` says
    where a worker's scores differ.
    """

    records: int = 0
    changelog_records: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    stale: int = 0
    unread: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether everything is as it must be."""
        return not (self.lost or self.doubled or self.wrong or self.unread or self.shown)

    def __str__(self) -> str:
        head = (
            f"{self.records:,} records: {self.lost} lost, {self.doubled} doubled, {self.wrong} values wrong, "
            f"{self.unread} records not read, {self.stale} values stale, {len(self.shown)} scores shown wrong"
        )
        return "\n  ".join([head, *map(str, self.differences[:_SHOWN]), *self.shown[:_SHOWN]])

    def compare(self, kpi: str, partition: int, expected: Cells, found: Saved) -> None:
        """Add what differs in one changelog partition."""
        self.changelog_records += found.records
        for place in sorted(expected.keys() | found.newest.keys(), key=repr):
            nothing = [0] * len(KPIS[kpi].fields)
            wanted, there = expected.get(place, nothing), found.newest.get(place, nothing)
            if wanted != there:
                self.wrong += 1
                self.differences.append(Difference(kpi, partition, place, wanted, there))
                if place[0] == "all" and place[2] == _WIDEST and place[3] is not None:
                    self._count(kpi, wanted, there)
            elif found.last.get(place, nothing) != there:
                self.stale += 1

    def _count(self, kpi: str, expected: list[int], found: list[int]) -> None:
        for name, wanted, there in zip(KPIS[kpi].fields, expected, found, strict=True):
            if name in KPIS[kpi].events:
                self.lost += max(0, wanted - there)
                self.doubled += max(0, there - wanted)


async def judge(broker: str, app_id: str) -> tuple[Verdict, "Expected"]:
    """Compare the changelogs with the source topics; also what the scores must be."""
    verdict, totals = Verdict(), Expected()
    for topic, partition in source_partitions():
        source = await truth(broker, topic, partition)
        verdict.records += source.outcomes.total()
        for outcome, count in source.outcomes.items():
            verdict.outcomes[outcome] = verdict.outcomes.get(outcome, 0) + count
        for name in (name for name, kpi in KPIS.items() if kpi.topic == topic):
            found, cells = await saved(broker, app_id, name, partition), source.cells(name)
            verdict.compare(name, partition, cells, _kept(found, source))
            verdict.unread += abs(source.end - found.position)
            totals.add(name, cells)
    return verdict, totals


def _kept(found: Saved, source: Partition) -> Saved:
    """Without rows of nothing in panes that are dropped: they may be left over, and nobody looks there."""
    floors = {advance: floor(advance, source.stream_time) for advance in SIZES}

    def keep(cells: Cells) -> Cells:
        return {
            place: row
            for place, row in cells.items()
            if any(row) and (place[3] is None or place[3] >= floors[place[2]])
        }

    return found._replace(newest=keep(found.newest), last=keep(found.last))


class Expected:
    """What windows must show: the panes of all partitions together."""

    def __init__(self) -> None:
        self._cells: dict[str, Cells] = {name: {} for name in KPIS}

    def add(self, kpi: str, cells: Cells) -> None:
        """One partition more."""
        total = self._cells[kpi]
        for place, row in cells.items():
            total[place] = [a + b for a, b in zip(total.get(place, [0] * len(row)), row, strict=True)]

    def window(self, kpi: str, advance: int, size: int, end: int) -> dict[tuple[str, str], dict[str, int]]:
        """The fields of each member whose sample is not empty, in the window that ends there."""
        definition = KPIS[kpi]
        found: dict[tuple[str, str], dict[str, int]] = {}
        for (scope, member, width, start), row in self._cells[kpi].items():
            if width != advance or (start is not None and start >= end) or "," in scope:
                continue
            fields = found.setdefault((scope, member), dict.fromkeys(definition.fields, 0))
            before = start is None or start < end - size
            for name, value in zip(definition.fields, row, strict=True):
                if before == (name in definition.levels):
                    fields[name] += value
        return {place: fields for place, fields in found.items() if sum(fields[name] for name in definition.sample) > 0}


def rows_wrong(expected: Mapping[Any, Any], shown: Mapping[Any, Any], where: str) -> Iterable[str]:
    """A sentence for each score that is not shown as it must be."""
    for key in sorted(expected.keys() | shown.keys(), key=repr):
        if expected.get(key) != shown.get(key):
            yield f"{where} {key}: expected {expected.get(key)}, shown {shown.get(key)}"
