"""State as versions before have saved it: this program reads it, shows the same, and takes back what it holds.

`state/N.M.jsonl` is what a program of state version N and index version M kept of `state/events.jsonl`. It is written
once, where it is missing and UPDATE_GOLDEN=1 says so, and never again: what was saved, is saved. A new version is a new
file; where an older one is no longer read, it belongs into `REFUSED`, and CHANGELOG.md says so.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from stream.engine import Engine
from stream.errors import BrokerError
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.layout import horizon
from stream.saved import INDEX_VERSION, STATE_VERSION
from stream.score import Line
from stream.settings import Settings
from stream.store import State
from stream.view import Score, View

FOLDER = Path(__file__).parent / "state"
CURRENT = FOLDER / f"{STATE_VERSION}.{INDEX_VERSION}.jsonl"
#: Versions whose tables have to be counted anew.
REFUSED: set[str] = set()

#: 2026-03-31T00:00:00Z, with all events in the window.
NOW = 1_774_915_200.0
EVENTS = (FOLDER / "events.jsonl").read_bytes().splitlines()


class Kept:
    """All tables and the index of one partition."""

    def __init__(self) -> None:
        self.settings = Settings(windows="30d/6h", scopes="channel", cross="", min_sample=1)
        for kpi in KPIS.values():
            kpi.configure(self.settings)
        self.state = State(self.settings)
        self.tables = [self.state.table(kpi, 0) for kpi in KPIS.values()]
        self.index = MemoryIndex()

    def count(self, events: list[bytes]) -> "Counter[str]":
        """Count events as the next ones, and keep what they lead to."""
        engine = Engine(None, self.tables, self.index, self.settings, late_after=horizon(self.settings))
        records = [Line(engine.position + number, event) for number, event in enumerate(events)]
        outcomes = engine.process(records, NOW).outcomes
        engine.settle()
        engine.identities.begin_save()
        engine.identities.save(engine.position)
        return Counter(outcomes)

    def scores(self) -> dict[tuple[str, ...], Score]:
        view = View(self.settings, self.state)
        found = view.scores(view.snapshot(NOW))
        return {(each.score, each.window, each.scope, each.member, each.label): each for each in found}

    def saved(self) -> Iterator[dict[str, str | int]]:
        """Lines that hold all of it."""
        for table in self.tables:
            for key, value in table.changes():
                if value is not None:  # what was never saved needs no tombstone
                    yield {"table": table.kpi.name, "key": key.decode(), "value": value.decode()}
        for key, entry in sorted(self.index._entries.items()):
            yield {"index": key.hex(), "entry": entry.hex()}
        yield {"position": self.index.position}

    def restore(self, lines: list[bytes]) -> None:
        entries = {}
        for line in map(orjson.loads, lines):
            if "table" in line:
                self.state.table(KPIS[line["table"]], 0).restore([(line["key"].encode(), line["value"].encode())])
            elif "index" in line:
                entries[bytes.fromhex(line["index"])] = bytes.fromhex(line["entry"])
            else:
                self.index.put(entries, line["position"])


def later(event: bytes) -> bytes:
    """The same answer, given otherwise afterwards; what is no answer stays."""
    fields = orjson.loads(event)
    if fields.get("type") == "survey_response":
        fields |= {"updated_at": "2026-03-30T00:00:00Z", "score": fields.get("scale", {"min": 1})["min"]}
    return orjson.dumps(fields)


@pytest.fixture(scope="module", autouse=True)
def _written() -> None:
    if not CURRENT.exists() and os.environ.get("UPDATE_GOLDEN") == "1":
        kept = Kept()
        kept.count(EVENTS)
        CURRENT.write_bytes(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in kept.saved()))
    assert CURRENT.exists(), f"{CURRENT.name} is missing: the version is new; UPDATE_GOLDEN=1 writes it"


def versions() -> list[str]:
    return sorted({path.stem for path in FOLDER.glob("*.*.jsonl")} | {CURRENT.stem})


def test_the_current_version_is_read() -> None:
    assert CURRENT.stem not in REFUSED


@pytest.mark.parametrize("version", versions())
def test_a_saved_state_is_read_as_it_is_or_refused(version: str) -> None:
    lines = (FOLDER / f"{version}.jsonl").read_bytes().splitlines()
    kept, anew = Kept(), Kept()
    if version in REFUSED:
        with pytest.raises(BrokerError, match="cannot be read by this program"):
            kept.restore(lines)
        return
    kept.restore(lines)
    anew.count(EVENTS)

    assert kept.scores()
    assert kept.scores() == anew.scores()
    # What the index remembers is recognised, and taken back as it was counted.
    assert kept.count(EVENTS) == anew.count(EVENTS)
    corrected = [later(event) for event in EVENTS]
    assert kept.count(corrected) == anew.count(corrected)
    assert kept.scores() == anew.scores()
