"""The same engine over files: scores at one moment, without Kafka."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from stream.decode import Headers
from stream.engine import Engine, Rejection
from stream.index import MemoryIndex
from stream.privacy import Pseudonyms
from stream.settings import Settings
from stream.store import State
from stream.view import Score, View

_CHUNK = 2_000

#: What the summary calls the outcomes.
_FIGURES = {"accepted": "accepted", "duplicate": "duplicates", "corrected": "corrections", "deleted": "deletions"}


class Line(NamedTuple):
    """A line of a file, as the engine reads records."""

    offset: int
    value: bytes | None
    headers: Headers = ()


@dataclass
class Report:
    """Scores at `as_of`, and what became of every line."""

    as_of: float
    scores: list[Score]
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, object]:
        """Every line in exactly one figure; `rejected` by reason."""
        figures = {name: self.outcomes[outcome] for outcome, name in _FIGURES.items()}
        return {**figures, "late": self.outcomes["late"], "rejected": dict(sorted(self.reasons.items()))}


class Scorer:
    """Counts lines, and says the scores at a time.

    Without `as_of` it is just after the last event. Every pane that a window at that time needs is kept, however far
    out of order its events come, so nothing is late.

    Raises:
        SettingsError: if the file of the privacy key cannot be used.

    >>> scorer = Scorer(Settings(min_sample=1), now=2e9)
    >>> scorer.count([b'{"type":"survey_response","response_id":"r1","kpi":"nps",'
    ...               b'"occurred_at":"2026-03-01T09:30:00Z","score":9}'])
    >>> [(s.score, s.window, s.estimate.value) for s in scorer.report().scores if s.scope == "all"][:2]
    [('nps', '5m', 100.0), ('nps', '1h', 100.0)]
    """

    def __init__(self, settings: Settings, now: float, as_of: float | None = None) -> None:
        self._settings = settings
        self._now = now
        self._as_of = as_of
        self._state = State(settings, slack=0)
        tables = [self._state.table(kpi, 0) for kpi in settings.kept.values()]
        pseudonyms = Pseudonyms.from_settings(settings)
        self._engine = Engine(None, tables, MemoryIndex(), settings, as_of=as_of, pseudonyms=pseudonyms)
        self._outcomes: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._last = 0

    def count(self, lines: Iterable[bytes]) -> None:
        """Count lines, each one event as JSON."""
        numbered = iter(lines)
        while chunk := list(islice(numbered, _CHUNK)):
            records = [Line(self._engine.position + number, line) for number, line in enumerate(chunk)]
            processed = self._engine.process(records, self._now)
            self._engine.settle()
            self._engine.identities.begin_save()
            self._engine.identities.save(self._engine.position)
            for table in self._engine.tables:
                table.forget_tombstones()
            self._outcomes.update(processed.outcomes)
            self._reasons.update(_reasons(processed.rejections))

    def report(self) -> Report:
        """The scores now."""
        as_of = self._as_of if self._as_of is not None else self._engine.latest / 1_000_000 + 1e-6
        view = View(self._settings, self._state)
        return Report(as_of, list(view.scores(view.snapshot(as_of))), self._outcomes, self._reasons)


def _reasons(rejections: Sequence[Rejection]) -> Iterator[str]:
    return (rejection.error.reason for rejection in rejections)
