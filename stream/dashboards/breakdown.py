"""What each KPI's sample is made of, in terms of its fields, for distributions and slices in PromQL."""

import re
from typing import NamedTuple

from stream.kpi.csat import UNIT
from stream.settings import Settings

#: The dimensions whose combinations are kept; names with a dollar are variables of the dashboard.
CROSS: tuple[str, ...] = tuple(Settings.model_fields["cross"].default)
_FILTER = ",".join(['window="$window"', *(f'{dimension}=~"${dimension}"' for dimension in CROSS)])


class Breakdown(NamedTuple):
    """A KPI's sample size, the parts that add up to it, and its first score; fields stand in braces.

    tests/unit/test_dashboard_figures.py holds them against the KPI itself.
    """

    n: str
    parts: dict[str, str]
    score: str


_NET = Breakdown(
    "{promoters} + {passives} + {detractors}",
    {"promoters": "{promoters}", "passives": "{passives}", "detractors": "{detractors}"},
    "100 * ({promoters} - {detractors}) / ({promoters} + {passives} + {detractors})",
)
_LOST = "clamp_min({lost} - {reactivated}, 0)"

#: A KPI that is not here is shown without distribution and slices.
BREAKDOWNS: dict[str, Breakdown] = {
    "nps": _NET,
    "enps": _NET,
    "csat": Breakdown(
        "{answered}",
        {"satisfied": "{satisfied}", "others": "{answered} - {satisfied}"},
        "{satisfied} / {answered}",
    ),
    "ces": Breakdown(
        "{answered}",
        {"easy": "{easy}", "others": "{answered} - {easy}"},
        f"1 + 6 * {{points}} / {UNIT} / {{answered}}",
    ),
    "churn": Breakdown(
        "{customers}",
        {"lost": _LOST, "others": f"{{customers}} - {_LOST}"},
        f"{_LOST} / {{customers}}",
    ),
    "retention": Breakdown(
        "{customers}",
        {"kept": "{customers} - {lost} + {reactivated}", "lost": "{lost} - {reactivated}"},
        "({customers} - {lost} + {reactivated}) / {customers}",
    ),
}


def promql(kpi: str, formula: str, by: str = "") -> str:
    """A formula over the sums of a KPI's fields, for each combination of the labels `by`.

    >>> print(promql("csat", "{satisfied}", by="channel"))
    sum by (channel) (max without (instance) (feedback_csat_satisfied{window="$window",...}))
    """
    return re.sub(
        r"{(\w+)}",
        lambda field: f"sum by ({by}) (max without (instance) (feedback_{kpi}_{field[1]}{{{_FILTER}}}))",
        formula,
    )
