"""Every score computed anew from the events, in the plainest way: the definitions again, with nothing of the program.

One pass over all events for each window and member, no panes, no state.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil, sqrt
from typing import Any

Event = Mapping[str, Any]
Key = tuple[str, str, str, str]

SECOND = 1_000_000

WINDOWS: dict[str, tuple[int, int]] = {
    "5m": (300, 10), "1h": (3600, 60), "24h": (86_400, 900), "7d": (604_800, 3600), "30d": (2_592_000, 21_600),
}  # fmt: skip
SCOPES = {"channel": "channel", "touchpoint": "touchpoint", "segment": "segment", "team": "team", "survey": "survey_id"}
CROSS = ("channel", "touchpoint", "segment")
SATISFIED = {(1, 2): 2, (1, 3): 3, (1, 4): 3, (1, 5): 4, (0, 5): 4, (1, 6): 5, (1, 7): 6, (1, 10): 8, (0, 10): 8}
SCALES = {"nps": (0, 10), "enps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
KPIS = ("nps", "enps", "csat", "ces", "churn", "retention")
METRICS = {
    "nps": "feedback_nps_score", "enps": "feedback_enps_score", "csat": "feedback_csat_ratio",
    "csat_mean": "feedback_csat_mean_ratio", "ces": "feedback_ces_score", "ces_easy": "feedback_ces_easy_ratio",
    "churn": "feedback_churn_ratio", "retention": "feedback_retention_ratio",
    "retention_gross": "feedback_retention_gross_ratio",
}  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """What a score must be; `fields` are those that anybody can count."""

    value: float | None
    lower: float | None
    upper: float | None
    n: int
    fields: dict[str, int]


@dataclass(frozen=True)
class Thing:
    """An answer, or a change of a customer: what is left of it in the end, and when it counts."""

    at: int
    event: Event


def instant(text: str) -> int:
    """Microseconds since the epoch."""
    time = datetime.fromisoformat(text)
    return int(time.replace(microsecond=0).timestamp()) * SECOND + time.microsecond


def bounds(as_of: float, size: int, advance: int) -> tuple[int, int]:
    """Start and end of a window at a time, in microseconds: it ends where the next advance begins."""
    end = ceil(Fraction(as_of) / advance) * advance
    return (end - size) * SECOND, end * SECOND


def outcomes(events: Iterable[Event]) -> "Counter[str]":
    """How many events are accepted, duplicates, corrections and deletions; all of them must be valid and in time."""
    return _settle(events)[1]


def _settle(events: Iterable[Event]) -> "tuple[list[Thing], Counter[str]]":
    """What remains of events that come in this order, and what became of each."""
    versions: dict[tuple[str, ...], tuple[int, int]] = {}
    things: dict[tuple[str, ...], Thing] = {}
    said: Counter[str] = Counter()
    for event in events:
        identity, version, at = _identity(event)
        if identity in versions and version <= versions[identity]:
            said["duplicate"] += 1
            continue
        if event.get("status") == "deleted":
            said["deleted"] += 1
        else:
            said["corrected" if identity in versions else "accepted"] += 1
        versions[identity] = version
        first = things[identity].at if identity in things else at
        things[identity] = Thing(first, event)
    return list(things.values()), said


def _identity(event: Event) -> tuple[tuple[str, ...], tuple[int, int], int]:
    kind, at = event["type"], instant(event["occurred_at"])
    version = (instant(event.get("updated_at") or event["occurred_at"]), event.get("revision", 0))
    if kind == "survey_response":
        return (kind, event["response_id"], event.get("question") or event["kpi"]), version, at
    if kind == "churn":
        effective = instant(event.get("effective_at") or event["occurred_at"])
        return (kind, event["customer_id"], event["change"], str(effective)), (0, 0), effective
    if kind == "customer_count":
        dimensions = [event.get(field, "unknown") for field in SCOPES.values()]
        return (kind, *dimensions, str(at)), (0, 0), at
    names = {
        "contact": ["contact_id"],
        "order": ["order_id"],
        "invitation": ["invitation_id"],
        "case": ["case_id", "status"],
    }
    return (kind, *(event[name] for name in names[kind])), version, at


def scores(
    events: Iterable[Event], as_of: float, windows: Mapping[str, tuple[int, int]] = WINDOWS, min_sample: int = 5
) -> dict[Key, Expected]:
    """Every score at a time, by kpi, window, scope and member; nothing for those without answers."""
    things = _settle(events)[0]
    found: dict[Key, Expected] = {}
    for window, (size, advance) in windows.items():
        start, end = bounds(as_of, size, advance)
        for scope, member in _members(things):
            own = [thing for thing in things if _belongs(thing, scope, member)]
            for kpi, expected in _all_scores(own, start, end).items():
                if expected.n > 0:
                    found[kpi, window, scope, member] = expected if expected.n >= min_sample else _withheld(expected)
    return found


def slices(
    events: Iterable[Event], as_of: float, windows: Iterable[str] = ("24h", "7d", "30d")
) -> dict[tuple[str, str, str, str, str], int]:
    """The fields of the cross that are not zero: by metric, window and the three members."""
    things = _settle(events)[0]
    found = {}
    crosses = {tuple(thing.event.get(field, "unknown") for field in CROSS) for thing in things}
    for window in windows:
        size, advance = WINDOWS[window]
        start, end = bounds(as_of, size, advance)
        for cross in crosses:
            own = [thing for thing in things if tuple(thing.event.get(field, "unknown") for field in CROSS) == cross]
            by_score = _all_scores(own, start, end)
            for kpi in KPIS:
                for field, count in by_score[kpi].fields.items():
                    if count:
                        found[f"feedback_{kpi}_{field}", window, *cross] = count
    return found


def _members(things: Iterable[Thing]) -> set[tuple[str, str]]:
    named = {(scope, thing.event.get(field, "unknown")) for thing in things for scope, field in SCOPES.items()}
    return {("all", "all")} | named


def _belongs(thing: Thing, scope: str, member: str) -> bool:
    return scope == "all" or thing.event.get(SCOPES[scope], "unknown") == member


def _withheld(expected: Expected) -> Expected:
    return Expected(None, None, None, expected.n, expected.fields)


def _all_scores(things: Sequence[Thing], start: int, end: int) -> dict[str, Expected]:
    inside = [thing.event for thing in things if start <= thing.at < end]
    answers = [event for event in inside if event["type"] == "survey_response"]
    found: dict[str, Expected] = {}
    for kpi, compute in _SURVEYED.items():
        of_kpi = [answer for answer in answers if answer["kpi"] == kpi]
        answered = [_on_scale(answer) for answer in of_kpi if answer.get("status", "answered") == "answered"]
        skipped = sum(answer.get("status") == "skipped" for answer in of_kpi)
        found |= compute(answered, skipped)
    return found | _customers(things, inside, start)


#: Score, lowest and highest of a scale, already turned so that high is good.
Answer = tuple[int, int, int]


def _on_scale(answer: Event) -> Answer:
    scale = answer.get("scale") or {}
    low, high = SCALES[answer["kpi"]] if not scale else (scale["min"], scale["max"])
    score = answer["score"]
    if scale.get("high_is") in ("worse", "harder"):
        score = high - (score - low)
    return score, low, high


def _nps(answers: Sequence[Answer], skipped: int, name: str) -> dict[str, Expected]:
    up = sum(score in (9, 10) for score, _, _ in answers)
    down = sum(score <= 6 for score, _, _ in answers)
    n = len(answers)
    fields = {"promoters": up, "passives": n - up - down, "detractors": down, "skipped": skipped}
    if not n:
        return {name: Expected(None, None, None, 0, fields)}
    p, d = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
    half = 1.96 * sqrt((p + d - (p - d) ** 2) / (n + 3))
    bounds = max(-100.0, 100 * (p - d - half)), min(100.0, 100 * (p - d + half))
    return {name: Expected(100 * (up - down) / n, *bounds, n, fields)}


def _csat(answers: Sequence[Answer], skipped: int) -> dict[str, Expected]:
    satisfied = sum(score >= SATISFIED[low, high] for score, low, high in answers)
    n = len(answers)
    fields = {"satisfied": satisfied, "answered": n, "skipped": skipped}
    shares = [(score - low) / (high - low) for score, low, high in answers]
    return {"csat": _share(satisfied, n, fields), "csat_mean": _mean(shares, fields)}


def _ces(answers: Sequence[Answer], skipped: int) -> dict[str, Expected]:
    eases = [1 + Fraction(6 * (score - low), high - low) for score, low, high in answers]
    easy = sum(ease >= 5 for ease in eases)
    fields = {"easy": easy, "answered": len(eases), "skipped": skipped}
    return {"ces": _mean([float(ease) for ease in eases], fields), "ces_easy": _share(easy, len(eases), fields)}


_SURVEYED: dict[str, Callable[[Sequence[Answer], int], dict[str, Expected]]] = {
    "nps": lambda answers, skipped: _nps(answers, skipped, "nps"),
    "enps": lambda answers, skipped: _nps(answers, skipped, "enps"),
    "csat": _csat,
    "ces": _ces,
}


def _customers(things: Sequence[Thing], inside: Sequence[Event], start: int) -> dict[str, Expected]:
    changes = Counter(event["change"] for event in inside if event["type"] == "churn")
    joined, lost, back = changes["joined"], changes["lost"], changes["reactivated"]
    base = _customers_at([thing for thing in things if thing.event["type"] == "customer_count"], start)
    fields = {"customers": base, "lost": lost, "reactivated": back}
    kept = _share(base - lost + back, base, fields | {"joined": joined})
    gross = kept
    if base and kept.value is not None and kept.lower is not None and kept.upper is not None:
        shift = joined / base
        gross = Expected(kept.value + shift, kept.lower + shift, kept.upper + shift, base, kept.fields)
    return {"churn": _share(max(0, lost - back), base, fields), "retention": kept, "retention_gross": gross}


def _customers_at(counts: Sequence[Thing], moment: int) -> int:
    """Each combination's newest count at that moment, or else its first one, which stands for all before it."""
    newest: dict[tuple[str, ...], int] = {}
    for thing in sorted(counts, key=lambda thing: thing.at):
        combination = tuple(thing.event.get(field, "unknown") for field in SCOPES.values())
        if thing.at <= moment or combination not in newest:
            newest[combination] = thing.event["customers"]
    return sum(newest.values())


def _share(successes: int, n: int, fields: dict[str, int]) -> Expected:
    if not n:
        return Expected(None, None, None, 0, fields)
    z2, p = 1.96**2, min(1.0, max(0.0, successes / n))
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = 1.96 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Expected(successes / n, max(0.0, centre - half), min(1.0, centre + half), n, fields)


def _mean(values: Sequence[float], fields: dict[str, int]) -> Expected:
    n = len(values)
    if not n:
        return Expected(None, None, None, 0, fields)
    mean = sum(values) / n
    if n == 1:
        return Expected(mean, None, None, 1, fields)
    half = 1.96 * sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n)
    return Expected(mean, mean - half, mean + half, n, fields)


def time_of(rows: Sequence[Mapping[str, Any]]) -> float:
    """The time that all rows stand for, in seconds."""
    (as_of,) = {row["as_of"] for row in rows}
    return instant(as_of) / SECOND


def check_rows(rows: Sequence[Mapping[str, Any]], expected: Mapping[Key, Expected]) -> None:
    """Rows as `/api/scores` and `score --format json` show them must be exactly these."""
    shown = {(row["kpi"], row["window"], row["scope"], row["member"]): row for row in rows}
    assert len(shown) == len(rows), "a score is shown twice"
    assert shown.keys() == expected.keys(), f"wrong scores: {sorted(shown.keys() ^ expected.keys())[:10]}"
    for key, row in shown.items():
        wanted = expected[key]
        counted = {name: row["fields"][name] for name in wanted.fields}
        assert (row["n"], counted) == (wanted.n, wanted.fields), (key, row, wanted)
        assert row["suppressed"] is (wanted.value is None), key
        for name in ("value", "lower", "upper"):
            assert _close(row[name], getattr(wanted, name)), (key, name, row[name], wanted)


def check_metrics(
    value: Callable[..., float | None], count: Callable[[str], int], expected: Mapping[Key, Expected]
) -> None:
    """Metrics of scores must be exactly these: `value(name, **labels)` reads one, `count(name)` says how many are."""
    shown: Counter[str] = Counter()
    for (kpi, window, scope, member), wanted in expected.items():
        labels = {"window": window, "scope": scope, "member": member}
        for suffix, bound in (("", wanted.value), ("_lower", wanted.lower), ("_upper", wanted.upper)):
            name = METRICS[kpi] + suffix
            shown[name] += bound is not None
            assert _close(value(name, **labels), bound), (name, labels, wanted)
        if kpi in KPIS:
            name = f"feedback_{kpi}_sample_size"
            shown[name] += 1
            assert value(name, **labels) == wanted.n, (name, labels)
    assert {name: count(name) for name in shown} == shown


def _close(found: float | None, wanted: float | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return abs(found - wanted) <= 1e-9 * max(1.0, abs(wanted))
