"""What the dashboards are made of: formulas in PromQL, verdicts, units, and a KPI that comes later."""

import json
import random
import re
from dataclasses import dataclass
from typing import ClassVar

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from hypothesis import given
from hypothesis import strategies as st

from stream.dashboards import display, documents
from stream.dashboards.breakdown import BREAKDOWNS
from stream.dashboards.queries import WHOLE, Figure
from stream.kpi import KPIS, SCORES, Accumulator, Estimate, accumulator
from tests.laws.measures import MEASURES

# Definitions written once more in PromQL


def clamp_min(value: float, least: float) -> float:
    return max(value, least)


def worked_out(formula: str, of: Accumulator) -> float:
    """A formula over an accumulator's fields; Python reads these formulas as PromQL does."""
    values = {name: getattr(of, name) for name in of.field_names()}
    expression = re.sub(r"{(\w+)}", r"\1", formula)
    return float(eval(expression, {"clamp_min": clamp_min}, values))  # noqa: S307  our own constants


@pytest.mark.parametrize("name", BREAKDOWNS)
@given(data=st.data())
def test_a_breakdown_says_what_the_kpi_says(name: str, data: st.DataObject) -> None:
    kpi, breakdown = KPIS[name], BREAKDOWNS[name]
    total = kpi(customers=1_000) if kpi.levels else kpi()  # type: ignore[call-arg]  # where a level, then this one
    for measure in data.draw(st.lists(MEASURES[name], min_size=1, max_size=20)):
        total = total.merge(kpi.of(measure) or kpi())
    assert worked_out(breakdown.n, total) == total.n
    assert sum(worked_out(part, total) for part in breakdown.parts.values()) == total.n
    estimate = total.estimate(kpi.scores()[0].name)
    if estimate is not None:
        assert worked_out(breakdown.score, total) == pytest.approx(estimate.value)


# Units, verdicts, and a KPI that comes later


@dataclass(frozen=True)
class Waiting(Accumulator):
    """How long customers waited."""

    name: ClassVar[str] = "waiting"
    source: ClassVar[str] = "feedback.contacts"
    waited: int = 0

    @accumulator.score("feedback_waiting_ratio", "Waiting", "attente", unit="ratio", higher_is_better=False)
    def waiting(self) -> Estimate | None:
        """Waited/answers."""


def test_a_kpi_that_comes_later_brings_its_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    before = documents()
    monkeypatch.setitem(KPIS, "waiting", Waiting)
    monkeypatch.setitem(SCORES, "waiting", (Waiting, Waiting.scores()[0]))
    made = documents()
    assert made.keys() - before.keys() == {"dashboards/feedback-kpi-waiting.json"}
    for name in ("feedback-experience", "feedback-teams", "feedback-kpi-waiting"):
        assert "feedback_waiting_ratio_lower" in made[f"dashboards/{name}.json"]
    numbers = [panel["id"] for panel in json.loads(made["dashboards/feedback-experience.json"])["panels"]]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_a_unit_that_nobody_can_show_is_named() -> None:
    info = SCORES["nps"][1]._replace(name="clv", unit="euro")
    with pytest.raises(KeyError, match=r"clv has the unit 'euro'.*add it to DISPLAYS"):
        display.display(info)


@pytest.mark.parametrize("better", [True, False])
def test_a_verdict_has_the_colour_of_what_it_means(better: bool) -> None:
    info = SCORES["nps"][1]._replace(higher_is_better=better)
    (mapping,) = display.verdict(info, "good", "unclear", "bad")
    words = json.loads(json.dumps(mapping, cls=JSONEncoder))["options"]
    assert [words[value]["text"] for value in ("1", "0", "-1")] == ["good", "unclear", "bad"][:: 1 if better else -1]
    assert {each["text"]: each["color"] for each in words.values()}["good"] == display.GOOD


def test_a_score_is_judged_by_its_whole_interval() -> None:
    nps = Figure.of("nps", WHOLE)
    met, missed, not_sure, untold = nps.judged.split(" or on (member) ")
    assert f"{nps.lower} >= on () group_left () max(feedback_nps_score_target)" in met
    assert f"{nps.upper} < on () group_left () max(feedback_nps_score_target)" in missed
    verdicts = [re.findall(r'"target", "([^"]+)"', part)[0] for part in (met, missed, not_sure, untold)]
    assert verdicts == ["met", "missed", "not sure", "no target"]
    churn = Figure.of("churn", WHOLE)
    assert [re.findall(r'"target", "([^"]+)"', part)[0] for part in churn.judged.split(" or on (member) ")[:2]] == [
        "missed", "met"
    ]  # fmt: skip
    assert not churn.has_target


def test_the_change_has_the_bounds_of_two_independent_scores() -> None:
    """Zou and Donner: the lower bound of a − b is as far off as a is from its lower and b from its upper one."""
    nps = Figure.of("nps", WHOLE)
    chance = random.Random(1)
    value, lower, upper, then, then_lower, then_upper = (chance.uniform(1, 9) for _ in range(6))
    earlier = nps.earlier()
    known = {nps.value: value, nps.lower: lower, nps.upper: upper,
             earlier.value: then, earlier.lower: then_lower, earlier.upper: then_upper}  # fmt: skip

    def bound(expression: str) -> float:
        for name in sorted(known, key=len, reverse=True):
            expression = expression.replace(name, repr(known[name]))
        return float(eval(expression.replace("^", "**"), {"sqrt": lambda x: x**0.5}))  # noqa: S307  our own query

    assert bound(nps.change) == pytest.approx(value - then)
    far = ((value - lower) ** 2 + (then_upper - then) ** 2) ** 0.5
    assert bound(nps.change_bound(upper=False)) == pytest.approx(value - then - far)
    far = ((upper - value) ** 2 + (then - then_lower) ** 2) ** 0.5
    assert bound(nps.change_bound(upper=True)) == pytest.approx(value - then + far)
