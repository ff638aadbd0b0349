"""The engine: each record is in exactly one outcome, and counts in the pane of its own time."""

from collections import Counter

import orjson
import pytest

from stream.events.times import isoformat
from tests.unit.engines import CHURN, NOW, START, Line, feed, fields, new_engine, survey


def test_every_record_is_in_exactly_one_outcome() -> None:
    engine = new_engine()
    processed = feed(
        engine,
        survey("r1"),
        survey("r1"),
        survey("r1", 3, updated_at=isoformat(START + 9)),
        survey("r2"),
        survey("r2", None, status="deleted", updated_at=isoformat(START + 9)),
        survey("r3", at=-3 * 3_600),
        survey("r4", at=2 * 3_600),
        b"not json",
        None,
    )

    assert processed.outcomes == Counter(accepted=2, duplicate=1, corrected=1, deleted=1, late=1, rejected=3)
    assert [(each.record.offset, each.error.reason) for each in processed.rejections] == [
        (6, "time_in_future"),
        (7, "invalid_json"),
        (8, "null_value"),
    ]
    assert engine.position == 9


def test_the_good_neighbours_of_a_bad_record_are_counted() -> None:
    engine = new_engine()
    feed(engine, survey("r1"), b"\xff", survey("r2"), survey("r3", 11), survey("r4", 0))

    assert fields(engine) == {"promoters": 2, "detractors": 1}


def test_a_batch_of_bad_records_moves_the_position() -> None:
    engine = new_engine()
    feed(engine, b"", None)

    assert [table.position for table in engine.tables] == [2] * len(engine.tables)
    assert engine.position == 2


def test_a_rejection_holds_nothing_that_was_read_beside_it() -> None:
    (rejection,) = feed(new_engine(), survey("r1"), b"\xff").rejections
    assert rejection.error.__traceback__ is None
    assert rejection.error.__context__ is None


def test_an_answer_counts_for_its_own_kpi_only() -> None:
    engine = new_engine()
    feed(engine, survey("r1", 10), survey("r2", 10, kpi="csat", scale={"min": 0, "max": 10}))

    assert fields(engine, "nps") == {"promoters": 1}
    assert fields(engine, "csat")["answered"] == 1
    assert fields(engine, "ces") == {}


def test_the_questions_of_one_response_are_answers_of_their_own() -> None:
    engine = new_engine()
    processed = feed(engine, survey(score=10), survey(score=5, kpi="csat"), survey(score=0, question="again"))

    assert processed.outcomes == Counter(accepted=3)
    assert fields(engine, "nps") == {"promoters": 1, "detractors": 1}


def test_a_correction_counts_instead_in_the_pane_of_the_first_time() -> None:
    engine = new_engine()
    feed(engine, survey(score=10, at=60, channel="phone"))
    feed(engine, survey(score=0, at=3_000, channel="chat"))

    assert fields(engine, at=START + 61) == fields(engine) == {"detractors": 1}
    assert fields(engine, member=("channel", "phone")) == {}
    assert fields(engine, member=("channel", "chat")) == {"detractors": 1}


def test_a_correction_of_the_kpi_moves_between_the_tables() -> None:
    engine = new_engine()
    feed(engine, survey(score=5, question="q"))
    feed(engine, survey(score=5, question="q", kpi="csat", updated_at=isoformat(START + 9)))

    assert fields(engine, "nps") == {}
    assert fields(engine, "csat")["satisfied"] == 1


def test_a_late_answer_lands_in_the_pane_of_its_own_time() -> None:
    engine = new_engine()
    feed(engine, survey("r1", at=3_500))
    feed(engine, survey("r2", 0, at=60))

    assert fields(engine, at=START + 120) == {"detractors": 1}
    assert fields(engine) == {"promoters": 1, "detractors": 1}


def test_stream_time_is_that_of_the_newest_event_and_never_goes_back() -> None:
    engine = new_engine()
    feed(engine, survey("r1", at=100.7), survey("r2", at=50))

    assert engine.stream_time == START + 100
    assert engine.latest == round((START + 100.7) * 1_000_000)
    feed(engine, survey("r3", at=0))
    assert engine.stream_time == START + 100


def test_an_event_may_be_a_little_ahead_of_the_clock() -> None:
    engine = new_engine()

    assert feed(engine, survey("r1", at=300), now=START).outcomes == Counter(accepted=1)
    assert feed(engine, survey("r2", at=301), now=START).outcomes == Counter(rejected=1)


def test_an_update_from_the_future_is_rejected_and_says_by_how_much() -> None:
    engine = new_engine()
    processed = feed(engine, survey("r1", updated_at=isoformat(START + 400)), now=START)

    (rejection,) = processed.rejections
    assert (rejection.error.reason, rejection.error.field) == ("time_in_future", "updated_at")
    assert str(rejection.error) == "updated_at is 400 s ahead of the clock"


def test_a_rejected_time_does_not_move_stream_time() -> None:
    engine = new_engine()
    feed(engine, survey("r1", at=100), survey("r2", at=10**6))

    assert engine.stream_time == START + 100


def test_churn_counts_at_the_effective_date() -> None:
    engine = new_engine(CHURN)
    lost = {
        "customer_id": "c1",
        "change": "lost",
        "occurred_at": isoformat(START),
        "effective_at": isoformat(START + 7_200),
    }
    customers = {"customers": 1000, "occurred_at": isoformat(START - 60)}
    feed(engine, orjson.dumps(customers), orjson.dumps(lost), orjson.dumps(lost))

    assert fields(engine, "churn") == {"customers": 1000}
    assert fields(engine, "churn", at=START + 7_201) == {"customers": 1000, "lost": 1}
    assert fields(engine, "retention", at=START + 7_201) == {"customers": 1000, "lost": 1}


def test_files_hold_events_of_every_kind() -> None:
    engine = new_engine(topic=None)
    contact = {"contact_id": "k1", "customer_id": "c1", "occurred_at": isoformat(START)}
    customers = {"type": "customer_count", "customers": 1000, "occurred_at": isoformat(START)}

    assert feed(engine, survey(), orjson.dumps(contact), orjson.dumps(customers)).outcomes == Counter(accepted=3)
    assert fields(engine, "nps") == {"promoters": 1}
    assert fields(engine, "churn") == {"customers": 1000}


def test_a_topic_that_no_kpi_looks_at_is_checked_and_remembered_all_the_same() -> None:
    engine = new_engine("feedback.contacts")
    contact = orjson.dumps({"contact_id": "k1", "customer_id": "c1", "occurred_at": isoformat(START)})

    assert feed(engine, contact, contact, b"{").outcomes == Counter(accepted=1, duplicate=1, rejected=1)
    assert engine.position == 3


@pytest.mark.parametrize("order", [1, -1])
def test_as_of_keeps_what_the_windows_at_that_time_hold_in_whatever_order_it_comes(order: int) -> None:
    engine = new_engine(late_after=None, as_of=START + 3_600)
    feed(engine, *[survey(f"r{at}", at=at) for at in (-60, 0, 1_800, 3_599, 3_660, 90_000)][::order], now=NOW + 10**6)

    assert fields(engine, at=START + 3_600) == {"promoters": 3}
    assert engine.stream_time == START + 90_000
    assert all(table.stream_time == START + 3_600 for table in engine.tables)


def test_as_of_still_knows_a_count_from_long_before() -> None:
    engine = new_engine(CHURN, late_after=None, as_of=NOW)
    feed(engine, orjson.dumps({"customers": 1000, "occurred_at": isoformat(START - 90 * 86_400)}))

    assert fields(engine, "churn", at=NOW) == {"customers": 1000}


def test_as_of_knows_corrections_that_came_later_since_they_belong_to_the_first_time() -> None:
    engine = new_engine(late_after=None, as_of=START + 600)
    feed(engine, survey(score=10), survey(score=0, at=7_200), now=NOW + 10**6)

    assert fields(engine, at=START + 600) == {"detractors": 1}


def test_bounds_on_what_waits_to_be_summed_change_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [survey(f"r{n}", n % 11, at=n, channel=f"channel {n % 7}") for n in range(60)]
    usual, bounded = new_engine(), new_engine()
    feed(usual, *values)

    monkeypatch.setattr("stream.engine._MAX_UNSETTLED", 5)
    monkeypatch.setattr("stream.vocabulary._MAX", 3)
    words = bounded._vocabulary
    for start in range(0, 60, 6):
        bounded.process([Line(offset, values[offset]) for offset in range(start, start + 6)], NOW)
        assert not bounded._contributed, "they were summed without being asked for"
    assert bounded._vocabulary is not words, "and begun anew, with numbers of its own"
    for member in (("all", "all"), *(("channel", f"channel {n}") for n in range(7))):
        assert fields(bounded, member=member) == fields(usual, member=member) != {}
