"""A flow of records through engines, tables and view as the service runs them: no broker, and a fixed clock."""

import base64
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, generate_latest

from stream.dead_letters import headers_of
from stream.engine import Engine, Rejection
from stream.index import MemoryIndex
from stream.layout import horizon
from stream.score_metrics import ScoreMetrics
from stream.settings import Settings
from stream.store import State
from stream.view import View

#: 2026-03-01T10:00:00Z.
NOW = 1_772_359_200.0

#: Reasons whose message goes on with what another library says, which may change with its version.
_WORDED_BY_LIBRARIES = {"invalid_json", "invalid_cloudevent"}


@dataclass
class Record:
    """A record as the engine and the dead letters read it; a line of `flow.in.jsonl`."""

    topic: str
    partition: int
    value: bytes | None
    key: bytes | None = None
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    offset: int = 0


class Flow:
    """An engine for each partition, all on one state; what was rejected is kept."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.state = State(settings)
        self.outcomes: Counter[str] = Counter()
        self.rejections: list[Rejection] = []
        self._engines: dict[tuple[str, int], Engine] = {}

    def feed(self, record: Record) -> None:
        """Process a record as the next one of its partition."""
        place = record.topic, record.partition
        if place not in self._engines:
            tables = self.state.of_source(*place)
            late_after = horizon(self.settings)
            self._engines[place] = Engine(record.topic, tables, MemoryIndex(), self.settings, late_after=late_after)
        engine = self._engines[place]
        record.offset = engine.position
        processed = engine.process([record], NOW)
        engine.settle()
        self.outcomes.update(processed.outcomes)
        self.rejections += processed.rejections

    def metrics(self) -> bytes:
        """What `/metrics` shows of the scores."""
        view = View(self.settings, self.state)
        scores = list(view.scores(view.snapshot(NOW)))
        slices = list(View.split(view.slices(NOW)))
        registry = CollectorRegistry()
        registry.register(ScoreMetrics(lambda: (scores, slices), list(self.settings.cross)))
        return generate_latest(registry)

    def dead_letters(self) -> bytes:
        """One dead letter a line: key, value and headers as they go to their topic."""
        return b"".join(orjson.dumps(_letter(each), option=orjson.OPT_APPEND_NEWLINE) for each in self.rejections)


def read(path: Path) -> list[Record]:
    """Records from lines with topic, partition, key, headers and value, which may be `base64:…`."""
    return [_record(orjson.loads(line)) for line in path.read_bytes().splitlines()]


def _record(line: dict[str, Any]) -> Record:
    key = line.get("key")
    headers = [(name, value.encode()) for name, value in line.get("headers", [])]
    return Record(line["topic"], line.get("partition", 0), _bytes(line["value"]), key and key.encode(), headers)


def _bytes(text: str | None) -> bytes | None:
    if text is None:
        return None
    return base64.b64decode(text.removeprefix("base64:")) if text.startswith("base64:") else text.encode()


def _letter(rejection: Rejection) -> dict[str, Any]:
    record: Any = rejection.record
    headers = {name: value.decode() for name, value in headers_of(rejection, NOW)}
    if rejection.error.reason in _WORDED_BY_LIBRARIES:
        headers["feedback-message"] = headers["feedback-message"].partition(":")[0] + ": …"
    return {
        "key": record.key and record.key.decode(),
        "value": record.value and record.value.decode("utf-8", "backslashreplace"),
        "headers": [*headers.items()],
    }
