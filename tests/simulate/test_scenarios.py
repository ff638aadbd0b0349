"""What the scenarios have in store."""

import re
from collections import Counter
from datetime import timedelta
from itertools import islice
from statistics import mean

import orjson
import pytest

from stream.simulate import SCENARIOS, Simulated, faults, simulate
from stream.simulate.centre import SEGMENTS
from tests.simulate.contract import DIMENSIONS, MONDAY, MORNING, TYPES, Event, fault, parse
from tests.simulate.traffic import SEED, events, identity, nps, until


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
