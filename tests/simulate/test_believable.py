"""Rhythm, people and figures of an ordinary week."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import mean
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from stream.simulate import SCENARIOS, comments, rhythm, simulate
from stream.simulate.centre import CHANNELS, SEGMENTS, TEAMS, TOUCHPOINTS
from tests.conftest import Lacks
from tests.simulate.contract import MONDAY, MORNING, parse
from tests.simulate.traffic import RATE, Week, events, identity, nps, until


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
