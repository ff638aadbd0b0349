"""Dimensions and measures by number, so that contributions can be columns of whole numbers."""

import struct
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from stream.events import Dimensions
from stream.measures import Measure, Rating
from stream.panes import SEPARATOR, Scheme
from stream.sums import Ints

Item = TypeVar("Item", bound=Hashable)

#: What stands in a contribution before the numbers of its members: microseconds, measure, sign and offset.
_BEFORE = 4
#: Dimensions that every event has; where a scheme has more, their numbers come after these.
_DIMENSIONS = 5
#: Where the label stands among the dimensions: at the end; and the number of none.
_LABEL = -1
NO_LABEL = 0
#: Numbers of combinations may be as great as numpy's.
_MAX_CODE = 2**63 - 1
#: Beyond so many different members or measures the numbering starts anew, so that memory stays bounded.
_MAX = 200_000


class Numbers(dict[Item, int]):
    """Numbers for things that come again and again; a new thing gets the next one.

    >>> numbers = Numbers[str]()
    >>> [numbers[word] for word in ("a", "b", "a")], list(numbers)
    ([0, 1, 0], ['a', 'b'])
    """

    def __missing__(self, item: Item) -> int:
        number = self[item] = len(self)
        return number


class Batch(NamedTuple):
    """Contributions of some records, as columns: event time, measure by number, sign, source offset, members by number.

    `members` has a column for each group of the schemes, of all grids one after the other. `through` is the offset of
    the last record that was looked at, whether it contributed or not.
    """

    seconds: Ints
    measures: Ints
    signs: Ints
    offsets: Ints
    members: Ints
    through: int
    stream_time: int

    def before(self, seconds: int) -> "Batch":
        """Only what happened before a moment."""
        early = self.seconds < seconds
        columns = {name: getattr(self, name)[early] for name in self._fields[:5]}
        return self._replace(**columns)


class Vocabulary:
    """The measures and members met so far, numbered; one for all tables of a topic's partition.

    `members` are those of each group of the schemes; a group of one dimension has that dimension's own. Where a scheme
    is labelled, the label is the last part of a name. `ratings` are answers (KPI, score, scale, status) whose measure
    is known, with its number: None where no KPI that is kept counts it. `batch` takes `width` numbers of each
    contribution; `pack` makes bytes of them, while they are in the processor's cache, where objects would be looked up
    again.
    """

    def __init__(self, schemes: Iterable[Scheme]) -> None:
        self._schemes: list[Scheme] = []
        for scheme in schemes:
            if scheme not in self._schemes:
                self._schemes.append(scheme)
        self._groups = [
            (*group, _LABEL) if scheme.labelled else group for scheme in self._schemes for group in scheme.groups
        ]
        self.measures = Numbers[Measure]()
        self.ratings: dict[Hashable, tuple[int | None, Rating]] = {}
        count = max([_DIMENSIONS, *(place + 1 for group in self._groups for place in group)])
        self.dimensions = tuple(Numbers[str]() for _ in range(count))
        self._known = (*self.dimensions, Numbers[str]({"": NO_LABEL}))
        self.width = _BEFORE + len(self._known)
        self.pack = struct.Struct(f"{self.width}q").pack
        self.members = [self._known[group[0]] if _is_dimension(group) else Numbers[str]() for group in self._groups]
        self._combined: list[dict[tuple[int, ...], int]] = [{} for _ in self._groups]  # members by those crossed

    def columns(self, scheme: Scheme) -> range:
        """Which columns of a batch's members, and which `members`, are those of a scheme's groups."""
        before = self._schemes[: self._schemes.index(scheme)]
        first = sum(len(each.groups) for each in before)
        return range(first, first + len(scheme.groups))

    @property
    def full(self) -> bool:
        """Whether it is time for a new one."""
        names, combined = map(len, (*self._known, *self.members)), map(len, self._combined)
        return max(len(self.measures), len(self.ratings), *names, *combined) > _MAX

    def numbers(self, dimensions: Dimensions) -> list[int]:
        """The numbers of an event's dimensions, and of its label if it has one."""
        found = [numbers[name] for numbers, name in zip(self._known, dimensions, strict=False)]
        return found if len(found) == len(self._known) else [*found, NO_LABEL]

    def batch(self, contributed: Sequence[int] | Ints, through: int, stream_time: int) -> Batch:
        """Contributions: microseconds, measure, sign, offset, and the numbers of dimensions and label of each."""
        times, measures, signs, offsets, *dimensions = (
            np.asarray(contributed, np.int64).reshape(-1, self.width).T.copy()
        )
        members = [
            dimensions[group[0]] if _is_dimension(group)
            else self._crossed(members, known, group, dimensions) if group
            else np.full(len(times), members["all"])
            for members, known, group in zip(self.members, self._combined, self._groups, strict=True)
        ]  # fmt: skip
        columns = np.column_stack(members) if members else np.empty((len(times), 0), np.int64)
        return Batch(times // 1_000_000, measures, signs, offsets, columns, through, stream_time)

    def _crossed(
        self,
        members: Numbers[str],
        known: dict[tuple[int, ...], int],
        group: tuple[int, ...],
        dimensions: Sequence[Ints],
    ) -> Ints:
        """The members of a cross: each combination is named once, in the order in which they come."""
        codes, size = np.zeros_like(dimensions[0]), 1
        for position in group:
            count = len(self._known[position])
            if size * count > _MAX_CODE:
                codes, size = np.unique(codes, return_inverse=True)[1], len(codes)
            codes, size = codes * count + dimensions[position], size * count
        _, firsts, places = np.unique(codes, return_index=True, return_inverse=True)
        met = list(zip(*(dimensions[position][firsts].tolist() for position in group), strict=True))
        new = [met[place] for place in np.argsort(firsts).tolist() if met[place] not in known]
        names = [list(self._known[position]) for position in group] if new else []
        for numbers in new:
            named = [name[number].replace(SEPARATOR, " ") for name, number in zip(names, numbers, strict=True)]
            known[numbers] = members[SEPARATOR.join(["all", *named] if group == (_LABEL,) else named)]
        crossed: Ints = np.array([known[numbers] for numbers in met], np.int64)[places]
        return crossed


def _is_dimension(group: tuple[int, ...]) -> bool:
    """Whether the members of a group are those of one dimension."""
    return len(group) == 1 and group[0] != _LABEL
