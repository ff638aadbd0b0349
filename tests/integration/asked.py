"""The scores of answers and of customers who come and go, from what is left of their events."""

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

from .figures import Expected, mean, net, share
from .settled import Event, Thing

SATISFIED = {(1, 2): 2, (1, 3): 3, (1, 4): 3, (1, 5): 4, (0, 5): 4, (1, 6): 5, (1, 7): 6, (1, 10): 8, (0, 10): 8}
SCALES = {"nps": (0, 10), "enps": (0, 10), "csat": (1, 5), "ces": (1, 7)}


def of_answers(inside: Sequence[Event]) -> dict[str, Expected]:
    """Of the answers in a window."""
    answers = [event for event in inside if event["type"] == "survey_response"]
    found: dict[str, Expected] = {}
    for kpi, compute in _SURVEYED.items():
        of_kpi = [answer for answer in answers if answer["kpi"] == kpi]
        answered = [_on_scale(answer) for answer in of_kpi if answer.get("status", "answered") == "answered"]
        skipped = sum(answer.get("status") == "skipped" for answer in of_kpi)
        found |= compute(answered, skipped)
    return found


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
    return {name: net(up, down, n, fields)}


def _csat(answers: Sequence[Answer], skipped: int) -> dict[str, Expected]:
    satisfied = sum(score >= SATISFIED[low, high] for score, low, high in answers)
    n = len(answers)
    fields = {"satisfied": satisfied, "answered": n, "skipped": skipped}
    shares = [(score - low) / (high - low) for score, low, high in answers]
    return {"csat": share(satisfied, n, fields), "csat_mean": mean(shares, fields)}


def _ces(answers: Sequence[Answer], skipped: int) -> dict[str, Expected]:
    eases = [1 + Fraction(6 * (score - low), high - low) for score, low, high in answers]
    easy = sum(ease >= 5 for ease in eases)
    fields = {"easy": easy, "answered": len(eases), "skipped": skipped}
    return {"ces": mean([float(ease) for ease in eases], fields), "ces_easy": share(easy, len(eases), fields)}


_SURVEYED: dict[str, Callable[[Sequence[Answer], int], dict[str, Expected]]] = {
    "nps": lambda answers, skipped: _nps(answers, skipped, "nps"),
    "enps": lambda answers, skipped: _nps(answers, skipped, "enps"),
    "csat": _csat,
    "ces": _ces,
}


def of_customers(things: Sequence[Thing], inside: Sequence[Event], start: int) -> dict[str, Expected]:
    """Of customers who came and went in a window that starts there, by the counts of all things."""
    changes = Counter(event["change"] for event in inside if event["type"] == "churn")
    joined, lost, back = changes["joined"], changes["lost"], changes["reactivated"]
    base = _customers_at([thing for thing in things if thing.event["type"] == "customer_count"], start)
    fields = {"customers": base, "lost": lost, "reactivated": back}
    kept = share(base - lost + back, base, fields | {"joined": joined})
    gross = kept
    if base and kept.value is not None and kept.lower is not None and kept.upper is not None:
        shift = joined / base
        gross = Expected(kept.value + shift, kept.lower + shift, kept.upper + shift, base, kept.fields)
    return {"churn": share(max(0, lost - back), base, fields), "retention": kept, "retention_gross": gross}


def _customers_at(counts: Sequence[Thing], moment: int) -> int:
    """Each combination's newest count at that moment, or else its first one, which stands for all before it."""
    newest: dict[tuple[str, ...], int] = {}
    for thing in sorted(counts, key=lambda thing: thing.at):
        combination = thing.members
        if thing.at <= moment or combination not in newest:
            newest[combination] = thing.event["customers"]
    return sum(newest.values())
