"""Scores as JSON objects, for programs."""

from typing import Any

from stream.events.times import isoformat
from stream.view import Score


def as_json(score: Score, as_of: float) -> dict[str, Any]:
    """One score as `score --format json` and the API show it.

    >>> from stream.kpi.nps import Nps
    >>> from stream.view import scores_of
    >>> score, = scores_of(Nps(promoters=3), "1h", ("channel", "phone"), 5)
    >>> as_json(score, 0)["suppressed"], as_json(score, 0)["fields"]
    (True, {'promoters': 3, 'passives': 0, 'detractors': 0, 'skipped': 0})
    """
    estimate = score.estimate
    return {
        "kpi": score.score,
        "window": score.window,
        "scope": score.scope,
        "member": score.member,
        **score.labels,
        "as_of": isoformat(as_of),
        "value": estimate.value if estimate else None,
        "lower": estimate.lower if estimate else None,
        "upper": estimate.upper if estimate else None,
        "n": score.n,
        "suppressed": score.suppressed,
        "fields": score.fields,
    }
