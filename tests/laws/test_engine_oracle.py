"""Whatever comes, in whatever batches, however often the worker dies: the engine agrees with plain book-keeping."""

from collections import Counter
from copy import deepcopy
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from stream.decode import Headers
from stream.engine import Engine
from stream.index import MemoryIndex
from stream.kpi import KPIS
from stream.layout import horizon, schemes
from stream.rolling import roll
from stream.settings import Settings
from stream.table import Table
from tests.laws.answers import SPAN, START, Books, Sent, books, traffic

TOPIC = "feedback.surveys"
SETTINGS = Settings(windows="20s/5s, 60s/20s", scopes="channel, team", cross="", max_ahead=10, grace=10)
NOW = START + SPAN

Logs = dict[str, list[tuple[bytes, bytes | None]]]


class Line(NamedTuple):
    offset: int
    value: bytes | None
    headers: Headers = ()


@given(traffic(), st.data())
def test_batches_do_not_matter(sent: list[Sent | bytes], data: st.DataObject) -> None:
    engine = started({}, MemoryIndex())
    outcomes = feed(engine, sent, len(sent), data)

    assert_agrees(engine, outcomes, books(sent, horizon(SETTINGS)))


@given(traffic(), st.data())
def test_restarts_do_not_matter(sent: list[Sent | bytes], data: st.DataObject) -> None:
    expected = books(sent, horizon(SETTINGS))
    logs: Logs = {}
    saved = [MemoryIndex()]
    for _ in range(data.draw(st.integers(1, 3))):
        # The index can be as it was saved last or some time before, or have been lost with the disk.
        engine = started(logs, deepcopy(data.draw(st.sampled_from(saved))))
        outcomes = feed(engine, sent, data.draw(st.integers(engine.position, len(sent))), data)
        assert outcomes == Counter(expected.outcomes[engine.counted_from : engine.position])
        saved += flush(engine, logs, cut_short=data.draw(st.booleans()), data=data)
        if data.draw(st.integers(0, 4)) == 0:  # a changelog is lost: a new KPI, or a topic that was deleted
            logs.pop(data.draw(st.sampled_from(sorted(logs))))

    engine = started(logs, deepcopy(data.draw(st.sampled_from(saved))))
    outcomes = feed(engine, sent, len(sent), data)

    assert_agrees(engine, outcomes, expected)


def started(logs: Logs, index: MemoryIndex) -> Engine:
    """An engine on tables that were recovered from their changelogs."""
    tables = [Table(kpi, schemes(SETTINGS, kpi=kpi)) for kpi in KPIS.values() if kpi.source == TOPIC]
    for table in tables:
        table.restore(logs.get(table.kpi.name, []))
    return Engine(TOPIC, tables, index, SETTINGS, late_after=horizon(SETTINGS))


def feed(engine: Engine, sent: list[Sent | bytes], until: int, data: st.DataObject) -> Counter[str]:
    """Let the engine read on in batches of any size."""
    outcomes: Counter[str] = Counter()
    while engine.position < until:
        last = data.draw(st.integers(engine.position + 1, until))
        batch = [
            Line(offset, each if isinstance(each, bytes) else each.json())
            for offset, each in enumerate(sent[engine.position : last], engine.position)
        ]
        outcomes.update(engine.process(batch, NOW).outcomes)
        engine.settle()
    return outcomes


def flush(engine: Engine, logs: Logs, *, cut_short: bool, data: st.DataObject) -> list[MemoryIndex]:
    """Write what has changed, or some of it before the end; the index as it is saved then."""
    engine.identities.begin_save()
    for table in engine.tables:
        changes = list(table.changes())
        kept = data.draw(st.integers(0, len(changes))) if cut_short else len(changes)
        logs.setdefault(table.kpi.name, []).extend(changes[:kept])
    if cut_short:
        return []
    engine.identities.save(engine.position)
    assert isinstance(engine.identities.index, MemoryIndex)
    return [engine.identities.index]


def assert_agrees(engine: Engine, outcomes: Counter[str], expected: Books) -> None:
    assert engine.position == len(expected.outcomes)
    assert outcomes == Counter(expected.outcomes[engine.counted_from :])
    for table in engine.tables:
        for window in SETTINGS.windows:
            at = max(engine.stream_time, START)
            rolled = {
                member: Counter({name: n for name, n in vars(table.kpi(*fields)).items() if n})
                for member, fields in roll([table.grids[0]], window, at).items()
            }
            assert rolled == expected.totals(table.kpi.name, *window.bounds(at)), window
