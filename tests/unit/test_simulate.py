"""The simulated contact centre: repeatable, true to the contract, and believable in its figures.

The checker below is written from the contract alone, so that a mistake in the program's own models cannot hide here.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice, pairwise, takewhile
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import pytest

from stream.simulate import SCENARIOS, Simulated, comments, faults, rhythm, simulate
from stream.simulate.centre import CHANNELS, SEGMENTS, TEAMS, TOUCHPOINTS
from tests.conftest import Lacks

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MORNING = MONDAY + timedelta(days=1, hours=8)

Event = dict[str, Any]


# ---- the contract, once more

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DIMENSIONS = {"channel", "touchpoint", "segment", "team", "survey_id"}
SCALES = {"nps": (0, 10), "enps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
#: type -> topic, key, required, optional.
TYPES: dict[str, tuple[str, str, set[str], set[str]]] = {
    "survey_response": (
        "feedback.surveys", "response_id", {"response_id", "kpi", "occurred_at", "score"},
        {"question", "scale", "status", "updated_at", "revision", "customer_id", "agent_id", "language", "comment"},
    ),
    "churn": (
        "feedback.churn", "customer_id", {"customer_id", "change", "occurred_at"},
        {"effective_at", "voluntary", "reason"},
    ),
    "customer_count": ("feedback.churn", "segment", {"customers", "occurred_at"}, set()),
    "contact": (
        "feedback.contacts", "customer_id", {"contact_id", "customer_id", "occurred_at"},
        {"issue", "direction", "first_response_at", "closed_at", "resolved", "updated_at"},
    ),
    "order": (
        "feedback.orders", "customer_id", {"order_id", "customer_id", "occurred_at", "amount", "currency"},
        {"kind", "status", "test", "updated_at"},
    ),
    "invitation": (
        "feedback.invitations", "invitation_id", {"invitation_id", "kpi", "occurred_at"}, {"status", "response_id"},
    ),
    "case": ("feedback.cases", "case_id", {"case_id", "occurred_at", "status"}, {"response_id"}),
}  # fmt: skip
CHOICES: dict[str, dict[str, set[str]]] = {
    "survey_response": {"kpi": set(SCALES), "status": {"answered", "skipped", "declined", "excluded", "deleted"}},
    "churn": {"change": {"joined", "lost", "reactivated"}},
    "contact": {"direction": {"inbound", "outbound"}},
    "order": {
        "kind": {"first", "repeat", "upsell", "cross_sell"},
        "status": {"placed", "cancelled", "refunded"},
        "currency": {"EUR", "GBP"},
    },
    "invitation": {"kpi": set(SCALES), "status": {"delivered", "bounced"}},
    "case": {"status": {"opened", "contacted", "closed"}},
}
TEXTS = {"question", "agent_id", "language", "comment", "reason", "issue"} | DIMENSIONS
BOOLEANS = {"voluntary", "resolved", "test"}
COUNTS = {"customers", "revision"}


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def fits(kind: str, name: str, value: Any) -> bool:
    """Whether this is a value that the field may have; ValueError if it is a time that does not exist."""
    if name.endswith("_at"):
        fit = isinstance(value, str) and bool(TIME.fullmatch(value)) and bool(parse(value))
    elif name in CHOICES.get(kind, {}):
        fit = isinstance(value, str) and value in CHOICES[kind][name]
    elif name.endswith("_id") or name in TEXTS:
        fit = isinstance(value, str) and 0 < len(value) <= (64 if name in DIMENSIONS else 1000)
    elif name in BOOLEANS:
        fit = isinstance(value, bool)
    elif name in COUNTS:
        fit = type(value) is int and value >= 0
    elif name == "amount":
        fit = isinstance(value, str) and bool(re.fullmatch(r"\d+\.\d\d", value)) and Decimal(value) > 0
    else:
        fit = name in {"score", "scale"}  # looked at together, below
    return fit


def fault_of_score(event: Event) -> str | None:
    low, high = SCALES[event["kpi"]]
    if scale := event.get("scale"):
        low, high = scale["min"], scale["max"]
        if scale["high_is"] not in {"better", "worse", "easier", "harder"}:
            return "scale"
    score = event["score"]
    if score is None:
        return None if event.get("status") in {"skipped", "deleted"} else "score"
    return None if type(score) is int and low <= score <= high else "score"


def fault(record: Simulated) -> str | None:
    """What the contract forbids about this record; None if nothing."""
    try:
        event = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        return "json"
    if not isinstance(event, dict) or event.get("type") not in TYPES:
        return "type"
    try:
        return fault_of_event(record, event)
    except ValueError:
        return "time"


def fault_of_event(record: Simulated, event: Event) -> str | None:
    kind = event["type"]
    topic, key, required, optional = TYPES[kind]
    names = set(event) - {"type"}
    if record.topic != topic or not required <= names or names - required - optional - DIMENSIONS:
        return "fields"
    if unfit := [name for name in names if not fits(kind, name, event[name])]:
        return unfit[0]
    if record.key != event[key]:
        return "key"
    if parse(event["occurred_at"]) > record.at:
        return "future"
    return fault_of_score(event) if kind == "survey_response" else None


# ---- reading the traffic


def until(records: Iterator[Simulated], end: datetime) -> Iterator[Simulated]:
    return takewhile(lambda record: record.at < end, records)


def events(records: Iterable[Simulated], topic: str) -> Iterator[Event]:
    return (orjson.loads(record.value or b"") for record in records if record.topic == topic)


def identity(answer: Event) -> tuple[str, str]:
    return str(answer["response_id"]), str(answer.get("question", answer["kpi"]))


def nps(scores: Iterable[int]) -> float:
    return 100 * mean((score >= 9) - (score <= 6) for score in scores)


@dataclass
class Week:
    """What a week of `steady` holds; read once, since it is long."""

    records: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    by_hour: Counter[tuple[int, int]] = field(default_factory=Counter)
    answers: dict[tuple[str, str], Event] = field(default_factory=dict)
    changed: set[tuple[str, str]] = field(default_factory=set)
    moves: list[Event] = field(default_factory=list)
    contacts: dict[str, Event] = field(default_factory=dict)
    orders: dict[str, Event] = field(default_factory=dict)
    invitations: dict[str, Event] = field(default_factory=dict)
    cases: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def read(self, record: Simulated) -> None:
        self.records += 1
        if found := fault(record):
            self.faults[found] += 1
        self.by_hour[record.at.weekday(), record.at.hour] += 1
        event = orjson.loads(record.value or b"")
        match event["type"]:
            case "survey_response":
                self.answers[identity(event)] = event
                if "updated_at" in event:
                    self.changed.add(identity(event))
            case "contact":
                self.contacts[event["contact_id"]] = event
            case "order":
                self.orders[event["order_id"]] = event
            case "invitation":
                self.invitations[event["invitation_id"]] = self.invitations.get(event["invitation_id"], {}) | event
            case "case":
                self.cases[event["case_id"]].append(event)
            case _:
                self.moves.append(event)

    def scores(self, kpi: str) -> list[int]:
        return [one["score"] for one in self.answers.values() if one["kpi"] == kpi and one["score"] is not None]


RATE = 0.25
SEED = 7


@pytest.fixture(scope="module")
def week() -> Week:
    result = Week()
    for record in until(simulate("steady", rate=RATE, seed=SEED, start=MONDAY), MONDAY + timedelta(days=7)):
        result.read(record)
    return result


# ---- repeatable


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


# ---- true to the contract


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


# ---- believable


def test_the_rate_is_the_mean_over_a_week(week: Week) -> None:
    assert week.records / (7 * 86_400) == pytest.approx(RATE, rel=0.05)


def test_days_have_two_peaks_and_quiet_nights(week: Week) -> None:
    by_hour = Counter[int]()
    for (_, hour), records in week.by_hour.items():
        by_hour[hour] += records
    morning, noon, afternoon, night = (by_hour[hour] for hour in (9, 11, 14, 2))
    assert morning > 1.1 * noon
    assert afternoon > 1.1 * noon
    assert morning > 5 * night > 0


def test_mondays_are_fuller_than_sundays(week: Week) -> None:
    by_day = Counter[int]()
    for (day, _), records in week.by_hour.items():
        by_day[day] += records
    assert by_day[0] > 1.4 * by_day[6] > 0


def test_the_load_is_one_on_average() -> None:
    begin = rhythm.millis(MONDAY)
    assert mean(rhythm.load(begin + 60_000 * minute) for minute in range(7 * 24 * 60)) == pytest.approx(1, abs=1e-3)


def test_without_rhythm_the_night_is_like_the_day() -> None:
    flat = replace(SCENARIOS["steady"], rhythm=False)
    records = until(simulate(flat, rate=0.5, seed=1, start=MONDAY), MONDAY + timedelta(days=1))
    by_hour = Counter(record.at.hour for record in records)
    day, evening = (sum(by_hour[hour] for hour in hours) for hours in (range(10, 14), range(20, 24)))
    assert evening == pytest.approx(day, rel=0.15)


def test_summer_time_is_that_of_paris(lacks: Lacks) -> None:
    try:
        paris = ZoneInfo("Europe/Paris")
    except ZoneInfoNotFoundError:
        lacks("the comparison of summer time", "no time zone database is installed")
    for hour in range(0, 5 * 8760, 1):
        at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        assert rhythm.summer_time(at) == (at.astimezone(paris).utcoffset() == timedelta(hours=2))


def test_the_nps_of_steady_is_about_30(week: Week) -> None:
    scores = week.scores("nps")
    assert len(scores) > 8000
    assert nps(scores) == pytest.approx(30, abs=2.5)
    assert set(scores) == set(range(11))


def test_answers_begin_at_once_and_not_an_hour_later() -> None:
    flat = replace(SCENARIOS["steady"], rhythm=False)
    records = until(simulate(flat, rate=10, seed=1, start=MORNING), MORNING + timedelta(hours=1))
    minutes = Counter((record.at - MORNING) // timedelta(minutes=1) for record in records
                      if record.topic == "feedback.surveys")  # fmt: skip
    first, last = mean(minutes[minute] for minute in range(1, 9)), mean(minutes[minute] for minute in range(30, 60))
    assert first == pytest.approx(last, rel=0.15)


def test_customers_write_comments_that_fit_their_scores(week: Week) -> None:
    responses = {response for response, _ in week.answers}
    written = [answer for answer in week.answers.values() if "comment" in answer]
    assert len(written) / len(responses) == pytest.approx(0.36, abs=0.03)
    assert {answer["language"] for answer in written} == {"fr", "en"}
    begins: dict[tuple[str, str], set[str]] = defaultdict(set)
    for language, mood, theme in comments._TEXTS:
        begins[language, mood] |= {text[:60] for text in comments._TEXTS[language, mood, theme]}
    plain = [answer for answer in written if answer["kpi"] == "nps" and "updated_at" not in answer]
    for answer in plain:
        mood = "positive" if answer["score"] >= 9 else "negative" if answer["score"] <= 6 else "neutral"
        texts = begins[answer["language"], mood]
        assert any(answer["comment"].startswith(text) for text in texts), answer
    assert len({answer["comment"] for answer in plain}) > 500


def test_comments_have_many_variants_of_every_theme_in_both_languages() -> None:
    for language in ("fr", "en"):
        for mood in comments.MOODS:
            for theme in comments.THEMES:
                assert len(set(comments._TEXTS[language, mood, theme])) >= 40


def test_some_answers_are_skipped_and_some_are_on_other_scales(week: Week) -> None:
    answers = week.answers.values()
    assert mean(answer["score"] is None for answer in answers) == pytest.approx(0.04, abs=0.01)
    scales = {(answer["kpi"], answer["scale"]["max"], answer["scale"]["high_is"]) for answer in answers
              if "scale" in answer}  # fmt: skip
    assert scales == {("csat", 7, "better"), ("ces", 5, "harder")}
    harder = [answer["score"] for answer in answers
              if answer["kpi"] == "ces" and "scale" in answer and answer["score"] is not None]  # fmt: skip
    easier = [answer["score"] for answer in answers
              if answer["kpi"] == "ces" and "scale" not in answer and answer["score"] is not None]  # fmt: skip
    assert mean(harder) < 2.8
    assert mean(easier) > 4.5
    assert any(answer.get("question") == "recommend" for answer in answers)


def test_a_few_answers_are_corrected_later(week: Week) -> None:
    assert len(week.changed) / len(week.answers) == pytest.approx(0.029, abs=0.005)


def test_teams_channels_touchpoints_and_segments_all_take_part(week: Week) -> None:
    contacts = week.contacts.values()
    assert {contact["team"] for contact in contacts} == {team.name for team in TEAMS}
    assert {contact["channel"] for contact in contacts} == set(CHANNELS)
    assert {contact["touchpoint"] for contact in contacts} == set(TOUCHPOINTS["phone"])
    assert {contact["segment"] for contact in contacts} == set(SEGMENTS)
    served = {(team.name, channel) for team in TEAMS for channel in team.channels}
    assert {(contact["team"], contact["channel"]) for contact in contacts} <= served


def test_better_teams_have_better_scores(week: Week) -> None:
    by_team: dict[str, list[int]] = defaultdict(list)
    for answer in week.answers.values():
        if answer["kpi"] == "nps" and answer["score"] is not None and answer["channel"] == "phone":
            by_team[answer["team"]].append(answer["score"])
    assert nps(by_team["lyon-1"]) > nps(by_team["lille-2"]) + 8


def test_contacts_are_answered_closed_and_mostly_resolved_the_first_time(week: Week) -> None:
    closed = [contact for contact in week.contacts.values() if "closed_at" in contact]
    assert len(closed) > 0.95 * len(week.contacts)
    for contact in closed:
        assert contact["occurred_at"] <= contact["first_response_at"] <= contact["closed_at"]
    again = Counter((contact["customer_id"], contact["issue"]) for contact in closed)
    first = [contact for contact in closed if contact["direction"] == "inbound"]
    resolved = mean(contact["resolved"] and again[contact["customer_id"], contact["issue"]] == 1 for contact in first)
    assert 0.55 < resolved < 0.8


def test_invitations_lead_to_answers_and_know_them(week: Week) -> None:
    delivered = [one for one in week.invitations.values() if one["status"] == "delivered"]
    answered = [one["response_id"] for one in delivered if "response_id" in one]
    assert 0.4 < len(answered) / len(delivered) < 0.6
    assert len(delivered) / len(week.invitations) == pytest.approx(0.96, abs=0.01)
    known = {response for response, _ in week.answers}
    assert mean(response in known for response in answered) > 0.99  # the last answers are still on their way


def test_detractors_become_cases_that_are_closed(week: Week) -> None:
    scores = {answer["response_id"]: answer["score"] for answer in week.answers.values() if answer["kpi"] == "nps"
              and identity(answer) not in week.changed}  # fmt: skip
    assert all(scores.get(steps[0]["response_id"], 0) <= 6 for steps in week.cases.values())
    ended = mean(any(step["status"] == "closed" for step in steps) for steps in week.cases.values())
    assert 0.6 < ended < 0.95


def test_orders_are_decimal_money_in_two_currencies(week: Week) -> None:
    orders = week.orders.values()
    assert {order["currency"] for order in orders} == {"EUR", "GBP"}
    assert {order["kind"] for order in orders} == {"first", "repeat", "upsell", "cross_sell"}
    undone = mean(order["status"] != "placed" for order in orders)
    assert undone == pytest.approx(0.04, abs=0.01)


def test_employees_answer_about_once_a_week(week: Week) -> None:
    answers = [answer for answer in week.answers.values() if answer["kpi"] == "enps"]
    assert 200 < len(answers) < 400
    assert all("customer_id" not in answer and "agent_id" not in answer for answer in answers)


def test_customer_counts_agree_with_the_movements(week: Week) -> None:
    change = {"joined": 1, "reactivated": 1, "lost": -1}
    counted: dict[str, tuple[str, int]] = {}
    counts = 0
    moves = sorted((move for move in week.moves if move["type"] == "churn"), key=lambda move: str(move["occurred_at"]))
    for event in week.moves:
        if event["type"] != "customer_count":
            continue
        segment, at = event["segment"], event["occurred_at"]
        if segment in counted:
            since, before = counted[segment]
            moved = sum(change[move["change"]] for move in moves
                        if move["segment"] == segment and since < move["occurred_at"] <= at)  # fmt: skip
            assert event["customers"] == before + moved
        counted[segment] = (at, event["customers"])
        counts += 1
    assert set(counted) == set(SEGMENTS)
    assert counts == 4 * 7 * 24
    assert {move["change"] for move in moves} == set(change)


def test_counts_come_first_and_then_at_each_full_hour() -> None:
    start = MORNING + timedelta(minutes=20)
    records = list(islice(simulate("steady", rate=5, seed=1, start=start), 60_000))
    assert [record.key for record in records[:4]] == list(SEGMENTS)
    times = {parse(event["occurred_at"]) for event in events(records, "feedback.churn")
             if event["type"] == "customer_count"}  # fmt: skip
    first, *later = sorted(times)
    assert first == start
    assert [time.minute for time in later] == [0] * len(later)


def test_who_left_makes_no_contact_until_won_back(week: Week) -> None:
    left: dict[str, str] = {}
    for move in week.moves:
        if move["type"] == "churn" and move["change"] == "lost":
            left[move["customer_id"]] = move["occurred_at"]
    back = {move["customer_id"] for move in week.moves if move.get("change") == "reactivated"}
    orders = [order for order in week.orders.values() if order["customer_id"] in left.keys() - back]
    assert len(left) > 50
    assert all(order["occurred_at"] <= left[order["customer_id"]] for order in orders)


# ---- scenarios


def test_every_scenario_is_described_in_one_sentence() -> None:
    assert {"steady", "nps-drop", "churn-wave", "bad-input", "duplicates"} <= set(SCENARIOS)
    for name, scenario in SCENARIOS.items():
        assert re.fullmatch(r"[A-Z][^.]*\.", scenario.description), name
        assert len(scenario.description) <= 110, name


def nps_around_the_drop() -> list[list[Event]]:
    """Answers before, during and after the incident."""
    onset = timedelta(hours=2)
    lasts = SCENARIOS["nps-drop"].lasts
    latest: dict[tuple[str, str], Event] = {}
    records = simulate("nps-drop", rate=7, seed=SEED, start=MORNING, onset=onset)
    for answer in events(until(records, MORNING + onset + lasts + timedelta(hours=1.5)), "feedback.surveys"):
        if answer["kpi"] == "nps":
            latest[identity(answer)] = answer
    phases: list[list[Event]] = [[], [], []]
    for answer in latest.values():
        since = parse(answer["occurred_at"]) - MORNING - onset
        phases[0 if since < timedelta(0) else 1 if since < lasts else 2].append(answer)
    return [[answer for answer in phase if answer["score"] is not None] for phase in phases]


def test_the_nps_drops_by_25_in_one_channel_and_touchpoint_and_recovers() -> None:
    before, during, after = nps_around_the_drop()
    assert min(len(before), len(during), len(after)) > 2500

    def score(answers: list[Event], *, hit: bool | None = None) -> float:
        where = ("phone", "billing")
        return nps(one["score"] for one in answers if hit in {None, (one["channel"], one["touchpoint"]) == where})

    drop = score(before) - score(during)
    assert drop == pytest.approx(25, abs=4)
    assert score(after) == pytest.approx(score(before), abs=4)
    assert score(before, hit=True) - score(during, hit=True) > 60
    assert score(before, hit=False) == pytest.approx(score(during, hit=False), abs=4)
    share = mean((one["channel"], one["touchpoint"]) == ("phone", "billing") for one in during)
    explained = share * (score(before, hit=True) - score(during, hit=True))
    assert explained / drop == pytest.approx(1, abs=0.2)


def test_answers_elsewhere_are_those_of_steady() -> None:
    end = MORNING + timedelta(minutes=50)
    steady, hit = (
        {record.value: None for record in until(simulate(name, rate=10, seed=1, start=MORNING), end)
         if record.topic == "feedback.surveys"}
        for name in ("steady", "nps-drop")
    )  # fmt: skip
    changed = [orjson.loads(value or b"") for value in steady if value not in hit]
    assert len(changed) > 500
    assert mean((one["channel"], one["touchpoint"]) == ("phone", "billing") for one in changed) > 0.98


def test_the_incident_makes_callers_wait_and_say_so() -> None:
    records = simulate("nps-drop", rate=5, seed=SEED, start=MORNING, onset=timedelta(minutes=20))
    records_read = list(until(records, MORNING + timedelta(minutes=70)))
    waits: dict[bool, list[float]] = {True: [], False: []}
    for contact in events(records_read, "feedback.contacts"):
        opened = parse(contact["occurred_at"])
        if (contact["channel"], contact["touchpoint"]) == ("phone", "billing"):
            waited = (parse(contact["first_response_at"]) - opened).total_seconds()
            waits[opened >= MORNING + timedelta(minutes=20)].append(waited)
    assert mean(waits[True]) > 5 * mean(waits[False])
    said = [answer["comment"] for answer in events(records_read, "feedback.surveys")
            if "comment" in answer and (answer["channel"], answer["touchpoint"]) == ("phone", "billing")
            and parse(answer["occurred_at"]) >= MORNING + timedelta(minutes=20)]  # fmt: skip
    assert mean(bool(re.search(r"attente|décroche|wait|queue", text)) for text in said) > 0.4


def losses(name: str) -> Counter[str]:
    records = simulate(name, rate=2, seed=1, start=MORNING, onset=timedelta(0))
    moves = events(until(records, MORNING + timedelta(hours=5)), "feedback.churn")
    return Counter(move["segment"] for move in moves if move.get("change") == "lost")


def test_a_churn_wave_multiplies_the_losses_of_one_segment() -> None:
    usual, wave = losses("steady"), losses("churn-wave")
    assert wave["premium"] > 10 * usual["premium"] > 0
    others = set(SEGMENTS) - {"premium"}
    assert sum(wave[segment] for segment in others) == pytest.approx(sum(usual[s] for s in others), rel=0.2)


def test_one_record_in_twenty_of_bad_input_cannot_be_read_and_the_rest_is_steady() -> None:
    records = list(islice(simulate("bad-input", rate=20, seed=1, start=MORNING), 60_000))
    good = [record for record in records if fault(record) is None]
    assert 1 - len(good) / len(records) == pytest.approx(0.05, abs=0.004)
    assert good == list(islice(simulate("steady", rate=20, seed=1, start=MORNING), len(good)))
    sizes = sorted(len(record.value or b"") for record in records)
    assert 900_000 < sizes[-1] < 1_000_000
    assert sum(size > 10_000 for size in sizes) < 0.001 * len(records)
    assert any(record.value is None for record in records)


@pytest.fixture(scope="module")
def samples() -> dict[str, Simulated]:
    """A readable record of each type."""
    found: dict[str, Simulated] = {}
    for record in islice(simulate("steady", rate=20, seed=1, start=MORNING), 30_000):
        found.setdefault(orjson.loads(record.value or b"")["type"], record)
    assert set(found) == set(TYPES)
    return found


@pytest.mark.parametrize("kind", faults.DAMAGES | faults.ANSWER_DAMAGES)
def test_every_kind_of_damage_makes_every_event_unreadable(kind: str, samples: dict[str, Simulated]) -> None:
    make = (faults.DAMAGES | faults.ANSWER_DAMAGES)[kind]
    for name, record in samples.items():
        assert fault(record) is None
        if kind in faults.DAMAGES or name == "survey_response":
            assert fault(record._replace(value=make(orjson.loads(record.value or b"")))) is not None


def test_duplicates_are_a_fifth_and_corrections_a_tenth_and_deletions_a_fiftieth() -> None:
    records = list(until(simulate("duplicates", rate=1, seed=1, start=MONDAY), MONDAY + timedelta(days=1)))
    times = Counter((record.topic, record.key, record.value) for record in records)
    assert set(times.values()) == {1, 2}
    assert mean(count == 2 for count in times.values()) == pytest.approx(0.2, abs=0.01)

    answers: set[tuple[str, str]] = set()
    changes: dict[str, set[tuple[str, str]]] = {"corrected": set(), "deleted": set()}
    for answer in events(records, "feedback.surveys"):
        if "updated_at" not in answer:
            answers.add(identity(answer))
        else:
            changes["deleted" if answer.get("status") == "deleted" else "corrected"].add(identity(answer))
    assert len(changes["corrected"]) / len(answers) == pytest.approx(0.096, abs=0.01)
    assert len(changes["deleted"]) / len(answers) == pytest.approx(0.02, abs=0.005)


def test_a_correction_changes_the_score_or_adds_a_comment_and_is_newer() -> None:
    first: dict[tuple[str, str], Event] = {}
    kinds: Counter[str] = Counter()
    records = until(simulate("duplicates", rate=1, seed=1, start=MONDAY), MONDAY + timedelta(hours=20))
    for answer in events(records, "feedback.surveys"):
        before = first.setdefault(identity(answer), answer)
        if "updated_at" not in answer or "updated_at" in before:
            continue
        assert answer["occurred_at"] == before["occurred_at"] < answer["updated_at"]
        assert {name: before.get(name) for name in DIMENSIONS} == {name: answer.get(name) for name in DIMENSIONS}
        kinds["deleted" if answer.get("status") == "deleted"
              else "score" if answer["score"] != before["score"]
              else "comment" if answer.get("comment") != before.get("comment") else "same"] += 1  # fmt: skip
    assert min(kinds["deleted"], kinds["score"], kinds["comment"]) > 20
    assert kinds["same"] == 0


# ---- refusals


def test_unusable_arguments_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="must be one of steady, nps-drop"):
        simulate("calm", rate=1, seed=1, start=MONDAY)
    for rate in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="`rate` must be above 0"):
            simulate("steady", rate=rate, seed=1, start=MONDAY)
    with pytest.raises(ValueError, match="`start` needs an offset"):
        simulate("steady", rate=1, seed=1, start=MONDAY.replace(tzinfo=None))
