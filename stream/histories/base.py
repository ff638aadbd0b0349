"""A history: a few things in their order, each of which counts by what came before and after it."""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, NamedTuple, Protocol, Self, TypeVar

import msgspec
from msgspec import Struct

#: Things remembered of one history, at most: a caller that never stops must not slow down all others.
MAX_THINGS = 100

Version = tuple[int, int]


class Facts(Protocol):
    """What others need to know of a thing; `name` tells it from them."""

    @property
    def name(self) -> str:
        """Its id in its history."""

    def hidden(self, pseudonym: Callable[[str], str]) -> Self:
        """The same with pseudonyms in the place of ids, where it is a customer's: what is kept of it."""


F = TypeVar("F", bound=Facts)
M = TypeVar("M")

#: When something counts (microseconds), for which dimensions, and as what.
Part = tuple[int, tuple[str, ...], M]


class Thing(Struct, Generic[F, M], frozen=True, array_like=True, gc=False):
    """A contact, an order, a step of a case. `parts` are what it was counted as: exactly that is taken back."""

    time: int
    version: Version
    dimensions: tuple[str, ...]
    facts: F
    parts: tuple[Part[M], ...] = ()

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands among the others."""
        return self.time, self.facts.name


class Change(NamedTuple):
    """What a new version of a thing leads to: the entry for the index, and what is added and taken back."""

    corrected: bool
    entry: bytes
    added: Sequence[Part[Any]]
    taken_back: Sequence[Part[Any]]


class History(Generic[F, M]):
    """A kind of history. `tell` says what each of its things counts as now, all in the order of their times.

    `keep` is for how many seconds beyond the time it can be counted in a thing still matters to others. Things from
    `until` on, in microseconds, are remembered, but tell nothing.
    """

    def __init__(
        self,
        facts: type[F],
        measure: type[M],
        tell: Callable[[Sequence[Thing[F, M]]], list[list[Part[M]]]],
        keep: int = 0,
        until: int | None = None,
    ) -> None:
        self.facts = facts
        self.keep = keep
        self._until = until
        self._tell = tell
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(list[Thing[facts, measure]]).decode  # type: ignore[valid-type]

    def change(
        self,
        entry: bytes | None,
        time: int,
        version: Version,
        dimensions: tuple[str, ...],
        facts: F,
        oldest: int | None,
    ) -> Change | Literal["duplicate", "late"]:
        """Take in one thing: what that changes, or `duplicate` or `late` where it changes nothing.

        Times are in microseconds; what is older than `oldest` is late. A thing stays at the time that it first had.
        """
        things: list[Thing[F, M]] = self._decode(entry) if entry else []
        full = len(things) >= MAX_THINGS
        # Where things were forgotten, those after them seem to have had none before: only what changes now is told.
        said = self._told(things) if full else {}
        known = next((thing for thing in things if thing.facts.name == facts.name), None)
        if known is not None:
            if version <= known.version:
                return "duplicate"
            time = known.time
            things.remove(known)
        if oldest is not None and time < oldest:
            return "late"
        new: Thing[F, M] = Thing(time, version, dimensions, facts, known.parts if known else ())
        if known is None and full and new.place < things[0].place:
            return "late"  # whatever was remembered of that time is forgotten
        insort(things, new, key=lambda thing: thing.place)
        added: Counter[Part[M]] = Counter()
        for number, (name, told) in enumerate(self._told(things).items()):
            thing = things[number]
            if told not in (thing.parts, said.get(name)):
                added.update(told)
                added.subtract(thing.parts)
                things[number] = Thing(thing.time, thing.version, thing.dimensions, thing.facts, told)
        forgotten = None if oldest is None else oldest - self.keep * 1_000_000
        kept = [thing for thing in things[-MAX_THINGS:] if forgotten is None or thing.time >= forgotten]
        return Change(known is not None, self._encode(kept), list(added.elements()), list((-added).elements()))

    def _told(self, things: Sequence[Thing[F, M]]) -> dict[str, tuple[Part[M], ...]]:
        """What each thing counts as, by its name; those from `until` on are the last ones, and tell nothing."""
        telling = [thing for thing in things if self._until is None or thing.time < self._until]
        parts = self._tell(telling)
        return {thing.facts.name: tuple(told) for thing, told in zip(telling, parts, strict=True)}
