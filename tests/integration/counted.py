"""The scores of contacts, orders, cases, invitations and comments, from what they count as."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .figures import Expected, certain, estimate, net, quantile, share
from .journeys import DECIMALS, Part
from .settled import SECOND

_FADES = {"provisional": 7 * 86_400}
_LEVELS = {"open"}
_MONTH_S = 30 * 86_400

Fields = Counter[str]


def of_parts(parts: Iterable[Part], start: int, end: int, advance: int) -> dict[tuple[str, ...], Expected]:
    """Every score of a window by its name, and its label if it has one; times in microseconds, `advance` in seconds."""
    sums: dict[tuple[str, str], Fields] = {}
    for part in parts:
        fields = sums.setdefault((part.kpi, part.label), Counter())
        for field, number in part.adds.items():
            first = start
            if field in _FADES:
                first = max(start, (end // SECOND - _FADES[field]) // advance * advance * SECOND)
            if part.at < start if field in _LEVELS else first <= part.at < end:
                fields[field] += number
    comments = sum(sums.get(("sentiment", ""), Counter()).values())
    seconds = (end - start) // SECOND
    found: dict[tuple[str, ...], Expected] = {}
    for (kpi, label), fields in sums.items():
        shown: Mapping[str, Expected] = _SCORES[kpi](fields, label=label, seconds=seconds, comments=comments)
        found |= {(score, label) if label else (score,): expected for score, expected in shown.items()}
    return found


def _said(fields: Fields, *names: str) -> dict[str, int]:
    return {name: fields[name] for name in names}


def _buckets(fields: Fields) -> list[int]:
    return [
        int(name.removeprefix("bucket_")) for name, n in fields.items() if name.startswith("bucket") for _ in range(n)
    ]


def _fcr(fields: Fields, **_: Any) -> dict[str, Expected]:
    said, n = _said(fields, "first", "resolved", "provisional"), fields["first"]
    return {
        "fcr": share(fields["resolved"], n, said),
        "fcr_provisional": certain(fields["provisional"] / n if n else None, n, said),
    }


def _response_time(fields: Fields, **_: Any) -> dict[str, Expected]:
    waits, said = _buckets(fields), _said(fields, "in_time")
    return {
        "response_time": quantile(waits, 0.5, said),
        "response_time_p90": quantile(waits, 0.9, said),
        "response_time_p95": quantile(waits, 0.95, said),
        "response_time_within_target": share(fields["in_time"], len(waits), said),
    }


def _omnichannel(fields: Fields, **_: Any) -> dict[str, Expected]:
    said = _said(fields, "customers", "several", "contacts", "switches")
    return {
        "omnichannel": share(fields["several"], fields["customers"], said),
        "omnichannel_switches": share(fields["switches"], fields["contacts"], said),
    }


def _clv(fields: Fields, *, label: str, seconds: int, **_: Any) -> dict[str, Expected]:
    said = _said(fields, "orders", "revenue", "squares", "customers", "upsold", "large_squares")
    n, unit = fields["orders"], 10 ** DECIMALS[label]
    revenue = fields["revenue"] / unit
    squares = (10**4 * fields["squares"] + 10**10 * fields["large_squares"]) / unit**2
    months = seconds / _MONTH_S if seconds >= _MONTH_S else 0
    customer_months = fields["customers"] * months
    r, i = 23 / 24, 1.1 ** (1 / 12) - 1
    spread = max(0.0, squares - revenue**2 / n) / (n - 1) / n if n > 1 else None
    nothing = certain(None, 0, said)
    found = {
        "clv_order_value": estimate(revenue / n, spread, n, said) if n else nothing,
        "upsell_revenue": certain(fields["upsold"] / fields["revenue"] if fields["revenue"] > 0 else None, n, said),
    }
    for name, times in (("clv", 24), ("clv_discounted", r / (1 + i - r))):
        per = times / customer_months if customer_months else 0
        found[name] = estimate(revenue * per, squares * per**2, n, said) if per else nothing
    found["clv_order_frequency"] = certain(n / customer_months if customer_months else None, n, said)
    return found


def _upsell(fields: Fields, **_: Any) -> dict[str, Expected]:
    said, n = _said(fields, "orders", "upsells", "cross_sells"), fields["orders"]
    return {"upsell": share(fields["upsells"], n, said), "cross_sell": share(fields["cross_sells"], n, said)}


def _response_rate(fields: Fields, **_: Any) -> dict[str, Expected]:
    said = _said(fields, "delivered", "answered")
    return {"response_rate": share(fields["answered"], fields["delivered"], said)}


def _cases(fields: Fields, **_: Any) -> dict[str, Expected]:
    said = _said(fields, "open", "opened", "closed")
    n = fields["open"] + fields["opened"]
    return {
        "cases_open": certain(n - fields["closed"] if n else None, n, said),
        "case_time_to_close": quantile(_buckets(fields), 0.5, said),
    }


def _closed_loop(fields: Fields, **_: Any) -> dict[str, Expected]:
    return {"closed_loop": share(fields["in_time"], fields["due"], _said(fields, "due", "in_time"))}


def _sentiment(fields: Fields, **_: Any) -> dict[str, Expected]:
    said = _said(fields, "positive", "neutral", "negative")
    return {"sentiment": net(fields["positive"], fields["negative"], sum(said.values()), said, scale=1)}


def _themes(fields: Fields, *, comments: int, **_: Any) -> dict[str, Expected]:
    groups = _said(fields, "promoters", "passives", "detractors")
    said = groups | _said(fields, "mentions") | {"comments": comments}
    found = share(fields["mentions"], comments, said)
    return {
        "themes": Expected(found.value, found.lower, found.upper, fields["mentions"], said),
        "themes_nps": net(fields["promoters"], fields["detractors"], sum(groups.values()), said),
    }


_SCORES: dict[str, Callable[..., dict[str, Expected]]] = {
    "fcr": _fcr, "response_time": _response_time, "omnichannel": _omnichannel, "clv": _clv, "upsell": _upsell,
    "response_rate": _response_rate, "cases": _cases, "closed_loop": _closed_loop, "sentiment": _sentiment,
    "themes": _themes,
}  # fmt: skip

#: Names of the metrics of these scores, with what tells those of one name apart.
METRICS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "fcr": ("feedback_fcr_ratio", {}),
    "fcr_provisional": ("feedback_fcr_provisional_ratio", {}),
    "response_time": ("feedback_response_time_seconds", {"quantile": "0.5"}),
    "response_time_p90": ("feedback_response_time_seconds", {"quantile": "0.9"}),
    "response_time_p95": ("feedback_response_time_seconds", {"quantile": "0.95"}),
    "response_time_within_target": ("feedback_response_time_within_target_ratio", {}),
    "clv": ("feedback_clv_amount", {}),
    "clv_discounted": ("feedback_clv_discounted_amount", {}),
    "clv_order_value": ("feedback_order_value_amount", {}),
    "clv_order_frequency": ("feedback_orders_per_customer", {}),
    "upsell_revenue": ("feedback_upsell_revenue_ratio", {}),
    "upsell": ("feedback_upsell_ratio", {}),
    "cross_sell": ("feedback_cross_sell_ratio", {}),
    "response_rate": ("feedback_response_ratio", {}),
    "closed_loop": ("feedback_closed_loop_ratio", {}),
    "cases_open": ("feedback_cases_open", {}),
    "case_time_to_close": ("feedback_case_time_to_close_seconds", {"quantile": "0.5"}),
    "omnichannel": ("feedback_omnichannel_ratio", {}),
    "omnichannel_switches": ("feedback_omnichannel_switches_ratio", {}),
    "sentiment": ("feedback_sentiment_score", {}),
    "themes": ("feedback_theme_ratio", {}),
    "themes_nps": ("feedback_theme_nps_score", {}),
}

#: The score whose sample is that of its KPI, by KPI; and the KPIs whose rows have a label, with its name.
FIRST = {kpi: kpi for kpi in _SCORES} | {"cases": "cases_open", "clv": "clv_order_value"}
LABELS = {"clv": "currency", "themes": "theme"}
#: KPIs that are kept for combinations of dimensions, with their fields there.
CROSSED: Mapping[str, Sequence[str]] = {
    "fcr": ("first", "resolved", "provisional"),
    "omnichannel": ("customers", "several", "contacts", "switches"),
    "clv": ("orders", "revenue", "squares", "customers", "upsold", "large_squares"),
    "upsell": ("orders", "upsells", "cross_sells"),
    "response_rate": ("delivered", "answered"),
    "closed_loop": ("due", "in_time"),
    "sentiment": ("positive", "neutral", "negative"),
}
