"""The detector over files: what it would have said, and when."""

from collections.abc import Iterable, Iterator
from itertools import islice

from stream.drops.alerts import Alert, Book
from stream.drops.detector import Detector
from stream.engine import Engine
from stream.index import MemoryIndex
from stream.layout import horizon
from stream.privacy import Pseudonyms
from stream.score import Line
from stream.settings import Settings
from stream.store import State

_CHUNK = 20


class Replay:
    """Counts lines as the stream does, and looks for drops whenever `every` seconds of event time have passed.

    >>> replay = Replay(Settings(), now=2e9)
    >>> list(replay.alerts([b'{"type":"survey_response","response_id":"r1","kpi":"nps",'
    ...                     b'"occurred_at":"2026-03-01T09:30:00Z","score":9}']))
    []
    """

    def __init__(self, settings: Settings, now: float, every: int = 60) -> None:
        self._now = now
        self._every = every
        state = State(settings)
        tables = [state.table(kpi, 0) for kpi in settings.kept.values()]
        pseudonyms = Pseudonyms.from_settings(settings)
        self._engine = Engine(
            None, tables, MemoryIndex(), settings, late_after=horizon(settings), pseudonyms=pseudonyms
        )
        self._detector = Detector(settings, state, Book())
        self._due = 0

    def alerts(self, lines: Iterable[bytes]) -> Iterator[Alert]:
        """The alerts that begin or are over, as soon as they are found."""
        numbered = iter(lines)
        while chunk := list(islice(numbered, _CHUNK)):
            records = [Line(self._engine.position + number, line) for number, line in enumerate(chunk)]
            self._engine.process(records, self._now)
            if self._engine.stream_time >= self._due:
                yield from self._look()
        yield from self._look()

    def _look(self) -> Iterator[Alert]:
        engine = self._engine
        engine.settle()
        engine.identities.begin_save()
        engine.identities.save(engine.position)
        for table in engine.tables:
            table.forget_tombstones()
        self._due = engine.stream_time // self._every * self._every + self._every
        for alert in self._detector.evaluate(engine.latest / 1_000_000 + 1e-6):
            self._detector.book.take(alert)
            yield alert
