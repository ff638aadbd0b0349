"""Targets: what scores should reach, by the setting `targets`."""

from math import isfinite
from typing import Any

from stream.kpi import SCORES
from stream.kpi.accumulator import RANGES

#: Examples to begin with. What a company should reach is its own affair.
TARGETS: dict[str, float] = {
    "nps": 30,  # above the middle of what service companies report
    "csat": 0.8,  # four of five satisfied: what contact centres commonly promise
    "csat_mean": 0.75,
    "ces": 5.5,  # between rather easy and easy
    "ces_easy": 0.75,
    "enps": 20,
    "churn": 0.02,  # at 2 % a month a fifth of all customers is gone after a year
    "retention": 0.98,  # the other side of the target for churn
    "fcr": 0.7,  # what contact centres report on average: three of ten turn to them again
    "response_time_within_target": 0.8,  # the service level that contact centres promise most: 80 % in time
    "response_rate": 0.1,  # with fewer, those who answer are hardly like those who do not
    "closed_loop": 0.9,  # nine of ten called back in time: the others are absent, ill, or on leave
}


def read_targets(value: Any) -> Any:
    """Targets as they are written, `score:value` with commas between them, or as a table.

    Raises:
        ValueError: naming a score that there is not, or a value outside of its score's range.

    >>> read_targets("nps:30, csat:0.8")
    {'nps': 30.0, 'csat': 0.8}
    """
    if isinstance(value, str):
        pairs = (item.partition(":") for item in value.split(",") if item.strip())
        value = {name.strip(): figure.strip() for name, _, figure in pairs}
    if not isinstance(value, dict):
        msg = f"targets are written score:value, such as `nps:30, csat:0.8`, or as a table of TOML; got {value!r}"
        raise ValueError(msg)
    return {name: _checked(name, figure) for name, figure in value.items()}


def _checked(name: str, figure: Any) -> float:
    if name not in SCORES:
        msg = f"a target is for one of {', '.join(SCORES)}; got {name!r}"
        raise ValueError(msg)
    low, high = RANGES[SCORES[name][1].unit]
    try:
        value = float(figure)
    except (TypeError, ValueError):
        value = float("nan")
    if isinstance(figure, bool) or not (isfinite(value) and low <= value <= high):
        msg = f"the target for {name} must be a number{_ends(low, high)}; got {figure!r}"
        raise ValueError(msg)
    return value


def _ends(low: float, high: float) -> str:
    """The range of a number in words.

    >>> _ends(0, 1), _ends(0, float("inf"))
    (' from 0 to 1', ' of at least 0')
    """
    if isfinite(high):
        return f" from {low} to {high}"
    return f" of at least {low}" if isfinite(low) else ""
