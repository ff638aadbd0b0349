"""What each KPI's sample is made of, in terms of its fields, for distributions and slices in PromQL."""

import re
from typing import NamedTuple

from stream.kpi import KPIS
from stream.kpi.csat import UNIT
from stream.settings import Settings

#: The dimensions whose combinations are kept; names with a dollar are variables of the dashboard.
CROSS: tuple[str, ...] = tuple(Settings.model_fields["cross"].default)
_FILTER = ",".join(['window="$window"', *(f'{dimension}=~"${dimension}"' for dimension in CROSS)])


class Breakdown(NamedTuple):
    """A KPI's sample size, the parts that add up to it, and its first score, or the one of the name.

    Fields stand in braces; tests/unit/test_dashboard_figures.py holds them against the KPI itself.
    """

    n: str
    parts: dict[str, str]
    score: str
    name: str = ""


def _share(part: str, of: str, said: str, others: str = "others") -> Breakdown:
    """Of a score that is one field of another."""
    rest = f"{{{of}}} - {{{part}}}"
    return Breakdown(f"{{{of}}}", {said: f"{{{part}}}", others: rest}, f"{{{part}}} / {{{of}}}")


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
    "csat": _share("satisfied", "answered", "satisfied"),
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
    "fcr": _share("resolved", "first", "resolved"),
    "omnichannel": _share("several", "customers", "several channels", "one channel"),
    # What customers are worth depends on settings and on the window's length: no sum of fields says it.
    "clv": Breakdown(
        "{orders}",
        {"customers' latest": "{customers}", "earlier ones": "{orders} - {customers}"},
        "{upsold} / {revenue}",
        "upsell_revenue",
    ),
    "upsell": Breakdown(
        "{orders}",
        {"upsell": "{upsells}", "cross-sell": "{cross_sells}", "others": "{orders} - {upsells} - {cross_sells}"},
        "{upsells} / {orders}",
    ),
    "response_rate": _share("answered", "delivered", "answered", "not answered"),
    "closed_loop": _share("in_time", "due", "in time", "late"),
    "sentiment": Breakdown(
        "{positive} + {neutral} + {negative}",
        {"positive": "{positive}", "neutral": "{neutral}", "negative": "{negative}"},
        "({positive} - {negative}) / ({positive} + {neutral} + {negative})",
    ),
}


def promql(kpi: str, formula: str, by: str = "") -> str:
    """A formula over the sums of a KPI's fields, for each combination of the labels `by`.

    >>> print(promql("csat", "{satisfied}", by="channel"))
    sum by (channel) (max without (instance) (feedback_csat_satisfied{window="$window",...}))
    """
    label = KPIS[kpi].label
    chosen = f'{_FILTER},{label}="${label}"' if label else _FILTER
    return re.sub(
        r"{(\w+)}",
        lambda field: f"sum by ({by}) (max without (instance) (feedback_{kpi}_{field[1]}{{{chosen}}}))",
        formula,
    )
