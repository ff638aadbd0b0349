"""Every score computed anew from the events, in the plainest way: the definitions again, with nothing of the program.

One pass over all events for each window and member, no panes, no state.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from . import counted
from .asked import of_answers, of_customers
from .figures import Expected
from .journeys import Part, parts
from .settled import SECOND, Event, Thing, instant, settle

#: KPI, window, scope and member; with a label after them where there is one.
Key = tuple[str, ...]

WINDOWS: dict[str, tuple[int, int]] = {
    "5m": (300, 10), "1h": (3600, 60), "24h": (86_400, 900), "7d": (604_800, 3600), "30d": (2_592_000, 21_600),
}  # fmt: skip
SCOPES = ("channel", "touchpoint", "segment", "team", "survey")
CROSS = ("channel", "touchpoint", "segment")
#: The score whose sample size is that of its KPI, by KPI.
FIRST = {name: name for name in ("nps", "enps", "csat", "ces", "churn", "retention")} | counted.FIRST
METRICS: dict[str, tuple[str, Mapping[str, str]]] = {
    "nps": ("feedback_nps_score", {}), "enps": ("feedback_enps_score", {}), "csat": ("feedback_csat_ratio", {}),
    "csat_mean": ("feedback_csat_mean_ratio", {}), "ces": ("feedback_ces_score", {}),
    "ces_easy": ("feedback_ces_easy_ratio", {}), "churn": ("feedback_churn_ratio", {}),
    "retention": ("feedback_retention_ratio", {}), "retention_gross": ("feedback_retention_gross_ratio", {}),
    **counted.METRICS,
}  # fmt: skip
_LABELLED = {"clv": "currency", "upsell_revenue": "currency", "themes": "theme", "themes_nps": "theme"} | dict.fromkeys(
    ("clv_discounted", "clv_order_value", "clv_order_frequency"), "currency"
)


class Whole(NamedTuple):
    """All that is left of some events, and what it counts as."""

    things: list[Thing]
    parts: list[Part]


def bounds(as_of: float, size: int, advance: int) -> tuple[int, int]:
    """Start and end of a window at a time, in microseconds: it ends where the next advance begins."""
    end = ceil(Fraction(as_of) / advance) * advance
    return (end - size) * SECOND, end * SECOND


def outcomes(events: Iterable[Event]) -> "Counter[str]":
    """How many events are accepted, duplicates, corrections and deletions; all of them must be valid and in time."""
    return settle(events).outcomes


def scores(
    events: Iterable[Event], as_of: float, windows: Mapping[str, tuple[int, int]] = WINDOWS, min_sample: int = 5
) -> dict[Key, Expected]:
    """Every score at a time, by kpi, window, scope and member; nothing for those without answers.

    What happens at the end of the last window or later tells nothing.
    """
    by_member = _by_member(_whole(events, as_of, windows), lambda members: [
        ("all", "all"), *zip(SCOPES, members, strict=True)
    ])  # fmt: skip
    found: dict[Key, Expected] = {}
    for window, (size, advance) in windows.items():
        start, end = bounds(as_of, size, advance)
        for place, own in by_member.items():
            for (kpi, *label), expected in _all_scores(own, start, end, advance).items():
                if expected.n > 0 and expected.value is not None:
                    key = (kpi, window, *place, *label)
                    found[key] = expected if expected.n >= min_sample else expected.withheld()
    return found


def slices(
    events: Iterable[Event], as_of: float, names: Iterable[str] = ("24h", "7d", "30d")
) -> dict[tuple[str, ...], int]:
    """The fields of the cross that are not zero: by metric, window, the three members, and a label if there is one."""
    by_cross = _by_member(_whole(events, as_of, WINDOWS), lambda members: [members[:3]])
    found = {}
    for window in names:
        size, advance = WINDOWS[window]
        start, end = bounds(as_of, size, advance)
        for cross, own in by_cross.items():
            by_score = _all_scores(own, start, end, advance)
            for kpi, first in FIRST.items():
                for (score, *label), expected in by_score.items():
                    for field, count in expected.fields.items() if score == first else ():
                        if count and field in counted.CROSSED.get(kpi, expected.fields if kpi in _ASKED else ()):
                            found[f"feedback_{kpi}_{field}", window, *cross, *label] = count
    return found


_ASKED = frozenset(FIRST) - frozenset(counted.FIRST)


def _whole(events: Iterable[Event], as_of: float, windows: Mapping[str, tuple[int, int]]) -> Whole:
    things = settle(events).things
    until = max(bounds(as_of, *window)[1] for window in windows.values())
    return Whole(things, parts(things, until=until))


def _by_member(
    whole: Whole, places: Callable[[tuple[str, ...]], list[tuple[str, ...]]]
) -> "dict[tuple[str, ...], Whole]":
    """What counts for each member."""
    found: defaultdict[tuple[str, ...], Whole] = defaultdict(lambda: Whole([], []))
    for thing in whole.things:
        for place in places(thing.members):
            found[place].things.append(thing)
    for part in whole.parts:
        for place in places(part.members):
            found[place].parts.append(part)
    return found


def _all_scores(own: Whole, start: int, end: int, advance: int) -> dict[tuple[str, ...], Expected]:
    inside = [thing.event for thing in own.things if start <= thing.at < end]
    asked = of_answers(inside) | of_customers(own.things, inside, start)
    return {(name,): expected for name, expected in asked.items()} | counted.of_parts(own.parts, start, end, advance)


def time_of(rows: Sequence[Mapping[str, Any]]) -> float:
    """The time that all rows stand for, in seconds."""
    (as_of,) = {row["as_of"] for row in rows}
    return instant(as_of) / SECOND


def place(row: Mapping[str, Any]) -> Key:
    """Where a shown score stands."""
    label = _LABELLED.get(row["kpi"])
    return (row["kpi"], row["window"], row["scope"], row["member"], *([row[label]] if label else []))


def check_rows(rows: Sequence[Mapping[str, Any]], expected: Mapping[Key, Expected]) -> None:
    """Rows as `/api/scores` and `score --format json` show them must be exactly these."""
    shown = {place(row): row for row in rows}
    assert len(shown) == len(rows), "a score is shown twice"
    assert shown.keys() == expected.keys(), f"wrong scores: {sorted(shown.keys() ^ expected.keys())[:10]}"
    for key, row in shown.items():
        wanted = expected[key]
        found = {name: row["fields"][name] for name in wanted.fields}
        assert (row["n"], found) == (wanted.n, wanted.fields), (key, row, wanted)
        assert row["suppressed"] is (wanted.value is None), key
        for name in ("value", "lower", "upper"):
            assert _close(row[name], getattr(wanted, name)), (key, name, row[name], wanted)


def check_metrics(
    value: Callable[..., float | None], count: Callable[[str], int], expected: Mapping[Key, Expected]
) -> None:
    """Metrics of scores must be exactly these: `value(name, **labels)` reads one, `count(name)` says how many are."""
    shown: Counter[str] = Counter()
    sizes = {score: kpi for kpi, score in FIRST.items()}
    for (score, window, scope, member, *label), wanted in expected.items():
        name, own = METRICS[score]
        labels = {"window": window, "scope": scope, "member": member} | ({_LABELLED[score]: label[0]} if label else {})
        for suffix, bound in (("", wanted.value), ("_lower", wanted.lower), ("_upper", wanted.upper)):
            shown[name + suffix] += bound is not None
            assert _close(value(name + suffix, **labels, **own), bound), (name + suffix, labels, wanted)
        if score in sizes:
            size = f"feedback_{sizes[score]}_sample_size"
            shown[size] += 1
            assert value(size, **labels) == wanted.n, (size, labels)
    assert {name: count(name) for name in shown} == shown


def _close(found: float | None, wanted: float | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return abs(found - wanted) <= 1e-9 * max(1.0, abs(wanted))
