"""The detector over streams of answers: what it says, and that restarts leave no trace in it."""

import json
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from stream.drops.alerts import Alert, Book
from stream.drops.detector import Detector
from stream.drops.replay import Replay
from stream.events.times import isoformat
from stream.kpi import KPIS
from stream.settings import AGENT, DIMENSIONS, Settings
from tests.drops.worlds import MONDAY, events

HOUR = 3_600
USUAL = {"phone": 0.3, "web": 0.2}
ON_THE_PHONE = {"phone": 0.75, "web": 0.2}


def replayed(lines: Iterable[bytes], every: int = 60, **changed: object) -> list[Alert]:
    """All alerts of a file, with the default settings but for those that are named."""
    return list(Replay(Settings(**changed), now=2e9, every=every).alerts(lines))  # type: ignore[arg-type]


def whole(alerts: Iterable[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.scope == "all"]


def incident() -> list[bytes]:
    """Three usual hours, one of trouble on the phone, and two usual ones."""
    return events(
        "incident",
        [
            (MONDAY, MONDAY + 3 * HOUR, 4_000, USUAL),
            (MONDAY + 3 * HOUR, MONDAY + 4 * HOUR, 1_300, ON_THE_PHONE),
            (MONDAY + 4 * HOUR, MONDAY + 6 * HOUR, 2_600, USUAL),
        ],
    )


def test_a_drop_is_raised_explained_and_resolved() -> None:
    raised, resolved = whole(replayed(incident()))
    assert (raised.state, resolved.state, raised.id) == ("raised", "resolved", resolved.id)
    assert abs(raised.begin - (MONDAY + 3 * HOUR)) < 600
    assert raised.begin <= raised.at < MONDAY + 3.5 * HOUR
    assert raised.lower < 45 < raised.upper
    assert raised.explained_by[0][:2] == ("channel", "phone")
    part = raised.explained_by[0]
    assert part.rate_effect + part.mix_effect == pytest.approx(part.share * raised.drop, rel=0.1)
    assert resolved.end is not None
    assert abs(resolved.end - (MONDAY + 4 * HOUR)) < 900
    assert resolved.end < resolved.at
    assert resolved.drop == pytest.approx(45, abs=8)
    assert not resolved.accepted


def test_a_drop_is_explained_as_soon_as_it_can_be() -> None:
    # Not yet resolved when the file ends.
    replay = Replay(Settings(), now=2e9)
    lines = [line for line in incident() if json.loads(line)["occurred_at"] < isoformat(MONDAY + 3.5 * HOUR)]
    [raised] = whole(replay.alerts(lines))
    detector, at = replay._detector, MONDAY + 3.5 * HOUR
    judged = detector.judge(KPIS["nps"], detector.gather(KPIS["nps"], at) or pytest.fail("no answers"), at)
    assert whole(detector.explanations(judged)) == []

    detector.book = Book()
    detector.book.take(replace(raised, explained_by=()))
    [explained] = detector.explanations(judged)
    assert explained.explained_by[0][:2] == ("channel", "phone")
    assert replace(explained, explained_by=()) == replace(raised, explained_by=())


def test_steady_answers_say_nothing() -> None:
    assert replayed(events("steady", [(MONDAY, MONDAY + 8 * HOUR, 6_000, USUAL)])) == []


def test_answers_that_name_no_member_are_no_group_of_their_own() -> None:
    lines = [line.replace(b'"channel": "phone", ', b"") for line in incident()]
    charts = {(alert.scope, alert.member) for alert in replayed(lines)}
    assert ("all", "all") in charts
    assert "unknown" not in {member for _, member in charts}


def test_a_restart_at_every_look_changes_nothing() -> None:
    expected = replayed(incident())
    replay, said = Replay(Settings(), now=2e9), list[Alert]()
    look = replay._look

    def restarted() -> Iterable[Alert]:
        book = Book()
        for alert in said:
            book.take(Alert.read(alert.encoded()))
        replay._detector = Detector(Settings(), replay._detector._state, book)
        found = list(look())
        said.extend(found)
        return found

    replay._look = restarted  # type: ignore[method-assign,assignment]
    assert list(replay.alerts(incident())) == expected
    assert len(expected) > 2


def test_how_often_one_looks_does_not_matter_for_what_is_found() -> None:
    often, seldom = whole(replayed(incident(), every=20)), whole(replayed(incident(), every=300))
    assert [alert.state for alert in often] == [alert.state for alert in seldom] == ["raised", "resolved"]
    assert abs(often[0].at - seldom[0].at) <= 300
    assert abs(often[0].begin - seldom[0].begin) <= 60


def test_answers_that_are_corrected_in_time_were_never_bad() -> None:
    lines = incident()
    fixed = []
    for line in lines:
        answer = json.loads(line)
        fixed.append(line)
        if MONDAY + 3 * HOUR <= _time(answer) < MONDAY + 4 * HOUR and answer["score"] == 2:
            fixed.append(json.dumps(answer | {"score": 10, "revision": 1}).encode())
    assert not [alert for alert in replayed(fixed) if alert.state == "raised"]


def _time(answer: dict[str, str]) -> float:
    return Alert.read(json.dumps(_alert(0) | {"at": answer["occurred_at"]}).encode()).at


def _alert(at: float) -> dict[str, object]:
    return Alert("nps", "all", "all", "raised", at, 0, None, 1, 0, 2, 30, 500, 78, 9).as_json()


def test_a_drop_that_stays_is_accepted_and_then_usual() -> None:
    lines = events(
        "stays",
        [
            (MONDAY, MONDAY + 6 * HOUR, 5_000, {"web": 0.2}),
            (MONDAY + 6 * HOUR, MONDAY + 16 * HOUR, 8_000, {"web": 0.4}),
        ],
    )
    raised, resolved = whole(replayed(lines, drop_accept=4 * HOUR))
    assert (raised.state, resolved.state, resolved.accepted) == ("raised", "resolved", True)
    assert resolved.at == pytest.approx(raised.begin + 4 * HOUR, abs=120)


def churn(rise: float, days: float = 9.0) -> list[bytes]:
    """Losses of 100,000 customers with the rhythm of a working day, and `rise` times as many in the last ten hours."""
    chance = np.random.default_rng(3)
    begin = MONDAY - 7 * 86_400
    end = begin + days * 86_400 + 18 * HOUR
    lines: list[dict[str, object]] = [
        {"type": "customer_count", "customers": 100_000, "occurred_at": isoformat(begin), "segment": "basic"}
    ]
    for number in range(int((end - begin) // HOUR)):
        at = begin + number * HOUR
        busy = (0.2 if at // HOUR % 24 < 7 else 1.6) * (rise if end - at <= 10 * HOUR else 1.0)
        lines += [
            {"type": "churn", "customer_id": f"c{number}-{loss}", "change": "lost", "segment": "basic",
             "occurred_at": isoformat(round(at + HOUR * float(chance.random())))}
            for loss in range(chance.poisson(6 * busy))
        ]  # fmt: skip
    return [json.dumps(line).encode() for line in sorted(lines, key=lambda line: str(line["occurred_at"]))]


def test_a_rise_of_churn_is_found_and_its_rhythm_is_not() -> None:
    assert replayed(churn(1.0), every=1_800) == []
    raised = whole(replayed(churn(3.0), every=1_800))
    assert [alert.state for alert in raised] == ["raised"]
    assert raised[0].lower > 0
    assert raised[0].drop == pytest.approx(2 * raised[0].baseline, rel=0.4)


def test_churn_is_not_judged_before_a_week_has_shown_its_rhythm() -> None:
    assert replayed(churn(5.0, days=3.0), every=1_800) == []


def test_no_agent_raises_an_alert_or_explains_one() -> None:
    lines = [json.dumps({**(event := json.loads(line)), "agent_id": event["channel"]}).encode() for line in incident()]
    by_agent = replayed(lines, 600, scopes=[*DIMENSIONS, AGENT], privacy_key="a key for pseudonyms")
    assert whole(by_agent)
    assert by_agent == replayed(incident(), 600)
