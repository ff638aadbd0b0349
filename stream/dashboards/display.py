"""How numbers look, in one place: colours, units with their ranges, and the words for what numbers mean."""

from typing import NamedTuple

from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    SpecialValueMap,
    SpecialValueMatch,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from stream.kpi import ScoreInfo
from stream.kpi.accumulator import RANGES

# Okabe and Ito's palette: who cannot tell red from green can tell these. Words say the same wherever it matters.
GOOD, CAUTION, BAD = "#009E73", "#E69F00", "#D55E00"
CALM, EARLIER, MUTED = "#56B4E9", "#CC79A7", "#999999"
SERIES = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2", "#999999")

NO_ANSWERS = "no answers"
TOO_FEW = "too few answers"
#: What can be said of a score and its target, and the colour of each.
MET, MISSED, NOT_SURE, NO_TARGET = "met", "missed", "not sure", "no target"


class Display(NamedTuple):
    """How one unit is shown: Grafana's name for it, its range, its decimals, and whether a trend shows all of it."""

    unit: str
    low: float
    high: float
    decimals: int
    whole_axis: bool = True


#: By the unit of a score. The axis of a ratio follows its data: a churn of 0.2 % is a flat line between 0 and 100 %.
DISPLAYS = {
    "points": Display("none", *RANGES["points"], 1),
    "ratio": Display("percentunit", *RANGES["ratio"], 1, whole_axis=False),
    "ease": Display("none", *RANGES["ease"], 2),
}


def display(info: ScoreInfo) -> Display:
    """How a score is shown.

    Raises:
        KeyError: naming a unit that nobody has said how to show.

    >>> from stream.kpi import SCORES
    >>> display(SCORES["nps"][1])
    Display(unit='none', low=-100, high=100, decimals=1, whole_axis=True)
    """
    if info.unit not in DISPLAYS:
        msg = f"the score {info.name} has the unit {info.unit!r}, which no dashboard can show; add it to DISPLAYS"
        raise KeyError(msg)
    return DISPLAYS[info.unit]


def number(info: ScoreInfo, value: float) -> str:
    """A value of a score, as a person writes it.

    >>> from stream.kpi import SCORES
    >>> number(SCORES["nps"][1], 30), number(SCORES["csat"][1], 0.8)
    ('30', '80 %')
    """
    return f"{100 * value:g} %" if display(info).unit == "percentunit" else f"{value:g}"


def withheld() -> ValueMapping:
    """The words for NaN, which stands for a score that is withheld; see `queries.Figure.shown`."""
    return _special(SpecialValueMatch.NA_N, TOO_FEW)


def absent(words: str) -> ValueMapping:
    """The words for what is not there; unmapped, Grafana gives them the colour of the worst value."""
    return _special(SpecialValueMatch.NULL, words)


def _special(match: SpecialValueMatch, words: str) -> ValueMapping:
    result = ValueMappingResult(text=words, color=MUTED)
    return SpecialValueMap(DashboardSpecialValueMapOptions(match=match, result=result))


def verdict(info: ScoreInfo, better: str, unclear: str, worse: str) -> list[ValueMapping]:
    """The words for 1, 0 and −1: surely above, cannot be told, surely below; above is better where higher is."""
    above, below = (better, worse) if info.higher_is_better else (worse, better)
    colors = {better: GOOD, worse: BAD, unclear: MUTED}
    words = {"1": above, "0": unclear, "-1": below}
    return [ValueMap({value: ValueMappingResult(text=text, color=colors[text]) for value, text in words.items()})]


def state(usual: str, alert: str) -> list[ValueMapping]:
    """The words for 0 and 1 of what is watched."""
    words = {"0": ValueMappingResult(text=usual, color=GOOD), "1": ValueMappingResult(text=alert, color=BAD)}
    return [ValueMap(words)]
