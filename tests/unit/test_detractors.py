"""Cases that are opened for detractors."""

from stream.detractors import opening
from stream.engine import Engine
from stream.events import UNKNOWN
from stream.events.case import Case
from stream.index import MemoryIndex
from tests.unit.engines import SETTINGS, SURVEYS, Line, feed, new_engine, new_tables, survey

OPENING = SETTINGS.model_copy(update={"open_cases": True})


def opened(*values: bytes, index: MemoryIndex | None = None, topic: str | None = SURVEYS) -> list[str]:
    """The answers for which a case is opened."""
    engine = Engine(topic, new_tables(), index or MemoryIndex(), OPENING)
    feed(engine, *values)
    return [each.identity for each in engine.detractors]


def test_a_case_is_opened_for_each_detractor() -> None:
    assert opened(survey("r1", 6), survey("r2", 7), survey("r3", 0), survey("r4", 10)) == ["r1\0nps", "r3\0nps"]


def test_other_questions_and_skipped_answers_open_none() -> None:
    others = [survey("r1", 1, kpi="csat"), survey("r2", 0, kpi="enps"), survey("r3", None, status="skipped")]
    assert opened(*others) == []


def test_a_duplicate_opens_none_and_a_correction_does() -> None:
    corrected = survey("r1", 3, revision=1)
    assert opened(survey("r1", 9), corrected, corrected) == ["r1\0nps"]


def test_a_detractor_who_stays_one_opens_no_other_case() -> None:
    assert opened(survey("r1", 3), survey("r1", 5, at=60)) == ["r1\0nps"]


def test_none_is_opened_where_nobody_asked_for_it() -> None:
    engine = new_engine()
    feed(engine, survey("r1", 0))
    assert engine.detractors == []
    assert opened(survey("r1", 0), topic=None) == []  # a file


def test_what_was_counted_by_an_earlier_run_opens_none() -> None:
    tables = new_tables()
    for table in tables:
        table.position = 1
    engine = Engine(SURVEYS, tables, MemoryIndex(), OPENING)
    engine.process([Line(0, survey("r1", 0)), Line(1, survey("r2", 0))], 2e9)
    assert [each.identity for each in engine.detractors] == ["r2\0nps"]


def test_the_record_is_an_event_of_the_answer() -> None:
    engine = Engine(SURVEYS, new_tables(), MemoryIndex(), OPENING)
    feed(engine, survey("r1", 0, at=1.5, channel="phone", team="lyon-1"))
    key, value = opening(engine.detractors[0])
    case = Case.read(value)
    assert (key.decode(), case.case_id, case.response_id) == ("detractor:r1:nps", "detractor:r1:nps", "r1")
    assert case.observe().time == engine.detractors[0].time
    assert case.dimensions == ("phone", UNKNOWN, UNKNOWN, "lyon-1", UNKNOWN)


def test_every_version_of_an_answer_opens_the_same_case() -> None:
    engine = Engine(SURVEYS, new_tables(), MemoryIndex(), OPENING)
    feed(engine, survey("r1", 0), survey("r1", 9, at=60), survey("r1", 4, at=120))
    first, second = map(opening, engine.detractors)
    assert first == second


def test_ids_that_are_too_long_are_made_short() -> None:
    engine = Engine(SURVEYS, new_tables(), MemoryIndex(), OPENING)
    feed(engine, survey("r" * 256, 0), survey("r" * 256, 0, question="other"))
    one, other = (Case.read(value).case_id for _, value in map(opening, engine.detractors))
    assert one != other
