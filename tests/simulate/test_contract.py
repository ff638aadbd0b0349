"""Every record is as the contract says, and the same seed gives the same."""

from collections import Counter
from datetime import timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import orjson
import pytest

from stream.simulate import SCENARIOS, simulate
from tests.simulate.contract import MONDAY, MORNING, SCALES, fault, parse
from tests.simulate.traffic import Week, events, until


@pytest.mark.parametrize("name", SCENARIOS)
def test_same_seed_gives_the_same_bytes(name: str) -> None:
    one, other = (list(islice(simulate(name, rate=20, seed=3, start=MORNING), 5000)) for _ in range(2))
    assert one == other


def test_another_seed_gives_other_traffic_and_other_ids() -> None:
    one, other = (list(islice(simulate("steady", rate=20, seed=seed, start=MORNING), 3000)) for seed in (1, 2))
    assert not {record.value for record in one} & {record.value for record in other}
    ids = [{answer["response_id"] for answer in events(records, "feedback.surveys")} for records in (one, other)]
    assert all(ids)
    assert not ids[0] & ids[1]


def test_another_start_gives_other_ids_so_that_a_second_run_is_not_taken_for_corrections_of_the_first() -> None:
    starts = (MORNING, MORNING + timedelta(days=1))
    ids = [
        {answer["response_id"] for answer in events(islice(simulate("steady", rate=20, seed=1, start=start), 3000),
                                                    "feedback.surveys")}
        for start in starts
    ]  # fmt: skip
    assert not ids[0] & ids[1]


@pytest.mark.parametrize("name", SCENARIOS)
def test_records_come_in_the_order_they_are_sent(name: str) -> None:
    start = MORNING + timedelta(microseconds=1)
    times = [record.at for record in islice(simulate(name, rate=50, seed=1, start=start), 20_000)]
    assert times == sorted(times)
    assert times[0] >= start
    assert all(time.utcoffset() == timedelta(0) for time in times)


def test_start_may_be_in_any_zone() -> None:
    paris = MORNING.astimezone(ZoneInfo("UTC"))
    one, other = (list(islice(simulate("steady", rate=20, seed=1, start=start), 100)) for start in (MORNING, paris))
    assert one == other


def test_some_events_come_out_of_order_and_none_before_it_happened() -> None:
    records = list(islice(simulate("steady", rate=20, seed=1, start=MORNING), 20_000))
    happened = [(parse(answer["occurred_at"]), answer) for answer in events(records, "feedback.surveys")]
    backwards = sum(later < earlier for (earlier, _), (later, _) in pairwise(happened))
    assert 0.1 < backwards / len(happened) < 0.6
    lags = [
        (record.at - parse(orjson.loads(record.value or b"")["occurred_at"])).total_seconds()
        for record in records
        if record.topic == "feedback.orders"
    ]
    assert min(lags) > 0
    assert sorted(lags)[len(lags) // 2] < 3


@pytest.mark.parametrize("name", ["nps-drop", "churn-wave"])
def test_before_its_onset_a_scenario_is_steady(name: str) -> None:
    quiet = MORNING + SCENARIOS[name].onset
    one, other = (list(until(simulate(kind, rate=20, seed=1, start=MORNING), quiet)) for kind in ("steady", name))
    assert len(one) > 10_000
    assert one == other


def test_every_event_of_a_week_is_as_the_contract_says(week: Week) -> None:
    assert not week.faults


@pytest.mark.parametrize("name", ["nps-drop", "churn-wave", "duplicates"])
def test_every_event_of_the_scenarios_that_send_good_input_is_as_the_contract_says(name: str) -> None:
    records = islice(simulate(name, rate=10, seed=1, start=MORNING, onset=timedelta(minutes=1)), 30_000)
    assert Counter(filter(None, map(fault, records))) == {}


def test_every_topic_and_every_kind_of_event_comes(week: Week) -> None:
    assert {move["type"] for move in week.moves} == {"churn", "customer_count"}
    assert all((week.answers, week.contacts, week.orders, week.invitations, week.cases))
    assert {answer["kpi"] for answer in week.answers.values()} == set(SCALES)


def test_unusable_arguments_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="must be one of steady, nps-drop"):
        simulate("calm", rate=1, seed=1, start=MONDAY)
    for rate in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="`rate` must be above 0"):
            simulate("steady", rate=rate, seed=1, start=MONDAY)
    with pytest.raises(ValueError, match="`start` needs an offset"):
        simulate("steady", rate=1, seed=1, start=MONDAY.replace(tzinfo=None))
