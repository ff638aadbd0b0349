"""What can be shown: scores, windows and scopes, as one JSON object, so that pages need no list of their own."""

from math import isfinite
from typing import Any

from stream import __version__
from stream.kpi import SCORES
from stream.kpi.accumulator import RANGES
from stream.settings import Settings


def catalogue(settings: Settings) -> dict[str, Any]:
    """Scores with their names, units, ranges and targets, in display order; the first of a KPI is its headline.

    `source` is the topic whose events are the sample, `range` holds None where a score has no bound, and `label` names
    the field that tells rows of one member apart.

    >>> nps = catalogue(Settings())["scores"][0]
    >>> nps["name"], nps["french"], nps["range"], nps["target"], nps["headline"]
    ('nps', 'Net Promoter Score', [-100, 100], 30.0, True)
    """
    scopes = ["all", *settings.scopes]
    return {
        "version": __version__,
        "min_samples": {scope: settings.least(scope) for scope in scopes},
        "windows": [{"name": each.name, "size": each.size, "advance": each.advance} for each in settings.windows],
        "scopes": scopes,
        "scores": [
            {
                "kpi": kpi.name,
                "name": name,
                "source": kpi.source,
                "headline": info is kpi.scores()[0],
                "title": info.title,
                "french": info.french,
                "unit": info.unit,
                "higher_is_better": info.higher_is_better,
                "range": [bound if isfinite(bound) else None for bound in RANGES[info.unit]],
                "target": settings.targets.get(name),
                "label": kpi.label,
            }
            for name, (kpi, info) in SCORES.items()
            if kpi.name in settings.kept
        ],
    }
