"""Is it new, a duplicate, a correction or a deletion — and what does that add and take back?"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from msgspec import Struct

from stream.events import Dimensions, Observation
from stream.events.base import Version
from stream.histories import Change, History
from stream.index import Index
from stream.measures import Invited, Measure, Movement, Rating
from stream.privacy import PLAIN, Pseudonyms
from stream.saved import INDEX_VERSION

Outcome = Literal["accepted", "duplicate", "corrected", "deleted", "late", "rejected"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "duplicate", "corrected", "deleted", "late", "rejected")

_MEASURES: dict[str, Any] = {"Rating": Rating, "Movement": Movement, "Invited": Invited}
#: Where the index keeps the stream time at its position, so that what is read again is as late as it was.
_STREAM_TIME = b"\x00stream_time"
#: Where it keeps which key its pseudonyms were made with.
_FINGERPRINT = b"\x00fingerprint"
#: Where it keeps in which format its entries are.
_FORMAT = b"\x00format"
#: The entry of what was erased, until it is gone from the index as well. It is MessagePack's null, no entry of a thing.
_ERASED = b"\xc0"
#: The time of what has held ever since: older than any window.
_EVER = 1
#: Microseconds; longer than from the year 1 to 9999.
_NEVER_LATE = 1 << 62
#: Before the keys of what is no answer, in an index that holds both: UTF-8 text never has this byte.
_NAMED = b"\xfd"
#: Counts of customers remembered for one combination of dimensions.
_MAX_LEVELS = 2_000

encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


#: The key of a thing in the index, and the entry on disk.
Known = tuple[bytes, bytes | None]


class Contribution(Struct, frozen=True, gc=False):
    """What is added to the tables, or taken back where `sign` is −1; `time` in microseconds decides the pane."""

    sign: int
    time: int
    dimensions: Dimensions
    measure: Measure


class Identities:
    """Decides for each observation what it means after all that came before, and remembers it.

    Entries are pending until `save`, which must follow the acknowledgement of what they led to: the index must never
    know of an answer that the tables could still lose. `stream_time`, in seconds, is kept with them. Nothing is late
    that is not more than `reach` microseconds behind the newest event. Where things of several topics have one index,
    it is `shared`: then answers are told from all others, with which they are never alone in a topic.
    """

    def __init__(
        self,
        index: Index,
        horizon: int | None,
        pseudonyms: Pseudonyms = PLAIN,
        histories: Mapping[type, History[Any, Any]] = MappingProxyType({}),
        *,
        shared: bool = False,
    ) -> None:
        self.index = index
        self._histories = histories
        self._horizon = horizon
        self.reach = _NEVER_LATE if horizon is None else horizon * 1_000_000
        self._pseudonyms = pseudonyms
        self._before_named = _NAMED if shared else b""
        self._erased: set[bytes] = set()
        self._pending: dict[bytes, bytes] = {}
        self._saving: dict[bytes, bytes] = {}
        (stream_time,) = index.get([_STREAM_TIME])
        self.stream_time = int(stream_time or 0)

    def key_of(self, observation: Observation) -> bytes:
        """The key of what is observed in the index."""
        name, customer = observation.identity, observation.customer
        if customer is not None:
            return self._pseudonyms.key(customer, name)
        return self._before_named + name.encode() if observation.named else name.encode()

    def accept(self, key: bytes, version: Version, time: int, dimensions: Dimensions, rating: Rating) -> bool:
        """Remember an answer that is not on disk, and whether that is all: nothing else of it is pending either.

        It is what `judge` does with what is new and not late.
        """
        if key in self._pending or key in self._saving:
            return False
        self._pending[key] = encode((version, time, dimensions, "Rating", rating))
        return True

    def judge(self, observation: Observation, known: Known, stream_time: int) -> tuple[Outcome, Sequence[Contribution]]:
        """The outcome of an observation, and what it adds and takes back; `stream_time` in seconds.

        `known` is its key, and what the index has on disk; pending entries are found here.
        """
        key, stored = known
        entry = self._pending.get(key) or self._saving.get(key) or stored
        if observation.rule is not None:
            return self._judge_by_rule(key, observation, entry, stream_time)
        version, time, dimensions, measure = (
            observation.version,
            observation.time,
            observation.dimensions,
            observation.measure,
        )
        taken_back: tuple[Contribution, ...] = ()
        if entry is not None and entry is not _ERASED:
            before, time, then, name, values = _decode(entry)  # an answer stays in the pane it was first counted in
            if version <= tuple(before):
                return "duplicate", ()
            if name is not None:
                taken_back = (Contribution(-1, time, tuple(then), _MEASURES[name](*values)),)
        if self._horizon is not None and time // 1_000_000 < stream_time - self._horizon:
            return "late", ()
        if measure is None:
            self._pending[key] = encode((version, time, dimensions, None, None))
            contributions = taken_back
        else:
            self._pending[key] = encode((version, time, dimensions, type(measure).__name__, measure))
            contributions = (Contribution(1, time, dimensions, measure), *taken_back)
        if observation.deleted:
            return "deleted", contributions
        return ("accepted" if entry is None or entry is _ERASED else "corrected"), contributions

    def _judge_by_rule(
        self, key: bytes, observation: Observation, entry: bytes | None, stream_time: int
    ) -> tuple[Outcome, Sequence[Contribution]]:
        if observation.rule == "level":
            return self._judge_level(key, observation, entry)
        if observation.rule == "history":
            return self._judge_history(key, observation, entry, stream_time)
        assert observation.customer is not None  # noqa: S101  nobody else is erased
        self._erase(observation.customer)
        return "accepted", ()

    def _erase(self, customer: str) -> None:
        """Let everything of a customer's be unknown; what was counted of it stays counted."""
        prefix = self._pseudonyms.prefix(customer)
        keys = {key for entries in (self._pending, self._saving) for key in entries if key.startswith(prefix)}
        keys.update(self.index.keys(prefix))
        self._pending.update(dict.fromkeys(keys, _ERASED))
        self._erased |= keys

    def _judge_history(
        self, key: bytes, observation: Observation, entry: bytes | None, stream_time: int
    ) -> tuple[Outcome, Sequence[Contribution]]:
        """What others of the same history count as may change with it, so that much is added and taken back."""
        facts = observation.facts
        assert facts is not None  # noqa: S101  a history is made of them
        if observation.customer is not None:
            facts = facts.hidden(self._pseudonyms.of)
        change = self._histories[type(facts)].change(
            None if entry is _ERASED else entry,
            observation.time,
            observation.version,
            observation.dimensions,
            facts,
            None if self._horizon is None else (stream_time - self._horizon) * 1_000_000,
        )
        if not isinstance(change, Change):
            return change, ()
        self._pending[key] = change.entry
        contributions = [Contribution(1, *part) for part in change.added]
        contributions += [Contribution(-1, *part) for part in change.taken_back]
        if observation.deleted:
            return "deleted", contributions
        return ("corrected" if change.corrected else "accepted"), contributions

    def _judge_level(
        self, key: bytes, observation: Observation, entry: bytes | None
    ) -> tuple[Outcome, Sequence[Contribution]]:
        """A count becomes the change since the count before it, and changes the change of the next one."""
        assert isinstance(observation.measure, Movement)  # noqa: S101  the only level there is
        counts = [tuple(count) for count in _decode(entry)] if entry else []
        count = (observation.time, observation.measure.customers)
        at = bisect_left(counts, (observation.time, -1))
        if at < len(counts) and counts[at][0] == observation.time:
            return "duplicate", ()
        if at == 0 and len(counts) >= _MAX_LEVELS:
            return "late", ()  # what was counted then is forgotten, and this would be at once
        # The first count stands for all that came before it, too: a window that began earlier has no better base.
        before = counts[at - 1][1] if at else counts[0][1] if counts else 0
        change = count[1] - before
        contributions = [_level(count[0] if at else _EVER, observation.dimensions, change)]
        if at < len(counts):
            contributions.append(_level(counts[at][0], observation.dimensions, -change))
        counts.insert(at, count)
        self._pending[key] = encode(counts[-_MAX_LEVELS:])
        return "accepted", contributions

    def begin_save(self) -> None:
        """Set the pending entries apart: what comes from now on belongs to the next `save`."""
        self._saving.update(self._pending)
        self._saving[_STREAM_TIME] = b"%d" % self.stream_time
        self._saving[_FINGERPRINT] = self._pseudonyms.fingerprint
        self._saving[_FORMAT] = b"%d" % INDEX_VERSION
        self._pending = {}

    def save(self, position: int) -> None:
        """Write what was set apart; all below `position` is then known."""
        gone = [key for key in self._erased if self._saving.get(key) is _ERASED]
        for key in gone:
            del self._saving[key]
        self.index.put(self._saving, position, gone)
        self._saving = {}
        self._erased = {key for key in self._erased if key in self._pending}


def is_readable(index: Index) -> bool:
    """Whether its entries are in the format of this program; those of a new one will be."""
    return index.position == 0 or index.get([_FORMAT]) == [b"%d" % INDEX_VERSION]


def made_with(index: Index, pseudonyms: Pseudonyms) -> bool:
    """Whether the index recognises customers by these pseudonyms; a new one will."""
    return index.position == 0 or index.get([_FINGERPRINT]) == [pseudonyms.fingerprint]


def _level(time: int, dimensions: Dimensions, change: int) -> Contribution:
    # A count holds from its moment on: one at a window's very start is that window's base, so it belongs before.
    return Contribution(1, time - 1, dimensions, Movement(customers=change))
