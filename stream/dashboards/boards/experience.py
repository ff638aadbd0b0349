"""*Customer experience now*: every score with what it stands on, its trend, and the members of a dimension."""

from collections.abc import Iterator, Sequence

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from stream.dashboards import drops, scores, themes
from stream.dashboards.board import COLUMNS, Row, board, label, scope, window
from stream.dashboards.queries import MEMBERS, WHOLE, Figure, headlines
from stream.kpi import KPIS

_WIDTH = 4
_SAY, _DO, _SERVED = "What customers and employees say", "What customers do", "How customers are served"
#: Where a KPI stands, by the topic that it is computed from.
_GROUPS = {
    "feedback.surveys": _SAY, "feedback.verbatims": _SAY,
    "feedback.churn": _DO, "feedback.orders": _DO,
    "feedback.contacts": _SERVED, "feedback.invitations": _SERVED, "feedback.cases": _SERVED,
}  # fmt: skip


def boards() -> Iterator[Dashboard]:
    """One dashboard, with a panel of each kind for each KPI, in three groups."""
    yield board(
        "feedback-experience",
        "Customer experience now",
        "Every score of all customers: how good, how sure, what has dropped, where it goes, and whom it concerns.",
        [
            *(Row(f"{group}, last $window", _now(group)) for group in (_SAY, _DO, _SERVED)),
            Row(
                "Drops",
                [
                    *(drops.standing(drops.Chart.of(kpi, drops.WHOLE), width=_WIDTH) for kpi in drops.WATCHED),
                    drops.alerts(width=10),
                    drops.reasons(width=14),
                ],
            ),
            *(
                Row(f"{group}: over time", [scores.trend(figure, width=8) for figure in _of(group, WHOLE)])
                for group in (_SAY, _DO, _SERVED)
            ),
            *(
                Row(
                    f"{group}: by $scope",
                    [scores.members(figure, scope="$scope", width=12) for figure in _of(group, MEMBERS)],
                )
                for group in (_SAY, _DO, _SERVED)
            ),
        ],
        variables=[window(), scope("channel"), *label(KPIS["clv"])],
    )


def _of(group: str, where: str) -> list[Figure]:
    """The headlines of a group; themes have a dashboard of their own."""
    found = [figure for figure in headlines(where) if figure.kpi.label != themes.LABEL]
    return [figure for figure in found if _GROUPS.get(figure.kpi.source, _SERVED) == group]


def _now(group: str) -> Sequence[Panel]:
    figures, size = _of(group, WHOLE), COLUMNS // _WIDTH
    panels = [
        panel
        for start in range(0, len(figures), size)
        for panel in (
            *(scores.now(figure, width=_WIDTH) for figure in figures[start : start + size]),
            *(scores.evidence(figure, width=_WIDTH) for figure in figures[start : start + size]),
        )
    ]
    return [*panels, *([themes.most(width=_WIDTH, height=5)] if group == _SAY else ())]
