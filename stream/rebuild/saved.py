"""What two generations of changelogs hold, and where they differ, read by no more than keys and field names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from stream.saved import STATE_VERSION
from stream.table import POSITION_KEY

#: Scope, member, advance and start of a pane; of what is older than all panes, start is None.
Place = tuple[str, str, int, int | None]


class Row(NamedTuple):
    """The last source offset in a row, and its fields."""

    offset: int
    fields: list[int]


@dataclass
class Saved:
    """A table of one partition as its changelog has it; of two values of a key the one of the greater offset."""

    position: Mapping[str, Any] = field(default_factory=lambda: {"offset": 0, "time": 0, "fields": [], "sizes": {}})
    rows: dict[Place, Row] = field(default_factory=dict)

    def take(self, key: bytes, value: bytes | None) -> None:
        """Take in a record of the changelog."""
        if key == POSITION_KEY:
            position = orjson.loads(value or b"{}")
            if position and position["offset"] >= self.position["offset"]:
                self.position = position
            return
        scope, member, advance, start = orjson.loads(key)
        place = (scope, member, advance, start)
        if value is None:
            self.rows.pop(place, None)
            return
        offset, *fields = orjson.loads(value)
        if place not in self.rows or offset >= self.rows[place].offset:
            self.rows[place] = Row(offset, fields)

    @property
    def known(self) -> bool:
        """Whether anything was saved."""
        return "version" in self.position

    @property
    def counted(self) -> int:
        """The source offset up to which all is counted."""
        return int(self.position["offset"])

    def size(self, scope: str, advance: int) -> int:
        """For how many seconds back a scope is kept by an advance; 0 if it is not."""
        return int(self.position["sizes"].get(scope, {}).get(str(advance), 0))


class Cell(NamedTuple):
    """A row that differs: what it held before, and what was counted anew, by field; what is zero is left out."""

    kpi: str
    place: Place
    before: dict[str, int]
    now: dict[str, int]


@dataclass
class Comparison:
    """Rows that are the same, rows that differ, and those that have changed on one side since the other was saved.

    `unreadable` are the tables that another state version has saved; they are not compared.
    """

    same: int = 0
    moving: int = 0
    different: list[Cell] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def add(self, kpi: str, levels: Iterable[str], old: Saved, new: Saved, begin: int = 0) -> None:
        """Compare a table of one partition, whose source begins at an offset.

        Both go on being counted, so they are saved at different positions. A row that neither has changed since the
        other's position says the same on both sides, or something is wrong; of the others nothing can be said yet.
        Compared is what both are kept for, back to the oldest window at the later of their stream times; what is older
        is one row a member, of the fields in `levels`.
        """
        if not old.known:
            return
        if old.position.get("version") != STATE_VERSION:
            self.unreadable.add(kpi)
            return
        if not new.known:  # of a source without records nothing is saved
            new = Saved({**old.position, "offset": 0, "time": 0})
        names = [name for name in old.position["fields"] if name in new.position["fields"]]
        rows = [dict(_comparable(saved, old, new, names, set(levels))) for saved in (old, new)]
        nothing = Row(-1, [0] * len(names))
        for place in sorted(rows[0].keys() | rows[1].keys(), key=str):
            before, now = (each.get(place, nothing) for each in rows)
            if before.offset >= max(new.counted, begin) or now.offset >= old.counted:
                self.moving += 1
            elif before.fields == now.fields:
                self.same += 1
            else:
                self.different.append(Cell(kpi, place, _named(names, before), _named(names, now)))


def _named(names: list[str], row: Row) -> dict[str, int]:
    return {name: value for name, value in zip(names, row.fields, strict=True) if value}


def _comparable(
    saved: Saved, old: Saved, new: Saved, names: list[str], levels: set[str]
) -> Iterator[tuple[Place, Row]]:
    own = [saved.position["fields"].index(name) for name in names]
    held = [name in levels for name in names]
    time = max(old.position["time"], new.position["time"])
    base: dict[Place, Row] = {}
    for (scope, member, advance, start), (offset, fields) in saved.rows.items():
        size = min(old.size(scope, advance), new.size(scope, advance))
        values = [fields[each] for each in own]
        if not size:
            continue
        if start is not None and start >= (time - size) // advance * advance:
            yield (scope, member, advance, start), Row(offset, values)
            continue
        opening = saved.rows.get((scope, member, advance, None))
        if start is not None and opening is not None and start < opening.fields[-1]:
            continue  # it is in the opening already
        place = (scope, member, advance, None)
        before = base.get(place, Row(-1, [0] * len(names)))
        kept = [value if level else 0 for value, level in zip(values, held, strict=True)]
        base[place] = Row(max(offset, before.offset), [a + b for a, b in zip(before.fields, kept, strict=True)])
    yield from base.items() if any(held) else ()
