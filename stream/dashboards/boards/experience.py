"""*Customer experience now*: every score with what it stands on, its trend, and the members of a dimension."""

from collections.abc import Iterator

from grafana_foundation_sdk.models.dashboard import Dashboard

from stream.dashboards import drops, scores
from stream.dashboards.board import COLUMNS, Row, board, scope, window
from stream.dashboards.queries import MEMBERS, WHOLE, headlines

_WIDTH = 4


def boards() -> Iterator[Dashboard]:
    """One dashboard, with a panel of each kind for each KPI."""
    figures = headlines(WHOLE)
    bands = [figures[start : start + COLUMNS // _WIDTH] for start in range(0, len(figures), COLUMNS // _WIDTH)]
    now = [
        panel
        for band in bands
        for panel in (
            *(scores.now(figure, width=_WIDTH) for figure in band),
            *(scores.evidence(figure, width=_WIDTH) for figure in band),
        )
    ]
    yield board(
        "feedback-experience",
        "Customer experience now",
        "Every score of all customers: how good, how sure, what has dropped, where it goes, and whom it concerns.",
        [
            Row("All customers, last $window", now),
            Row(
                "Drops",
                [
                    *(drops.standing(drops.Chart.of(kpi, drops.WHOLE), width=_WIDTH) for kpi in drops.WATCHED),
                    drops.alerts(width=10),
                    drops.reasons(width=14),
                ],
            ),
            Row("Over time", [scores.trend(figure, width=8) for figure in figures]),
            Row("By $scope", [scores.members(figure, scope="$scope", width=12) for figure in headlines(MEMBERS)]),
        ],
        variables=[window(), scope("channel")],
    )
