"""*Customer experience now*: every score with what it stands on, its trend, and the members of a dimension."""

from collections.abc import Iterator

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from stream.dashboards import drops, scores, themes
from stream.dashboards.board import COLUMNS, Row, board, label, scope, window
from stream.dashboards.queries import MEMBERS, WHOLE, Figure, headlines
from stream.kpi import KPIS

_WIDTH = 4
_GROUPS = _SAY, _DO, _SERVED = "What customers and employees say", "What customers do", "How customers are served"
#: Where a KPI stands, by the topic that it is computed from.
_GROUP_OF = {
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
            *(Row(f"{group}, last $window", [*_now(group)]) for group in _GROUPS),
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
                for group in _GROUPS
            ),
            *(
                Row(
                    f"{group}: by $scope",
                    [scores.members(figure, scope="$scope", width=12) for figure in _of(group, MEMBERS)],
                )
                for group in _GROUPS
            ),
        ],
        variables=[window(), scope("channel"), *label(KPIS["clv"])],
    )


def _of(group: str, where: str) -> list[Figure]:
    """The headlines of a group; themes have a dashboard of their own."""
    found = [figure for figure in headlines(where) if figure.kpi.label != themes.LABEL]
    return [figure for figure in found if _GROUP_OF.get(figure.kpi.source, _SERVED) == group]


def _now(group: str) -> Iterator[Panel]:
    """Numbers, and below each what it stands on."""
    figures = _of(group, WHOLE)
    beside = [themes.most(width=_WIDTH, height=4)] if group == _SAY else []
    width = max(_WIDTH, COLUMNS // (len(figures) + len(beside)))
    size = COLUMNS // width - len(beside)
    for start in range(0, len(figures), size):
        band = figures[start : start + size]
        yield from (scores.now(figure, width=width) for figure in band)
        yield from beside if start == 0 else ()
        yield from (scores.evidence(figure, width=width) for figure in band)
