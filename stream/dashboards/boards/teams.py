"""*Teams*: each team beside the others and beside the whole, with what can and cannot be said of it."""

from collections.abc import Iterator

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from stream.dashboards import scores
from stream.dashboards.board import Row, board, listed, window
from stream.dashboards.display import display, withheld
from stream.dashboards.panels import About, Query, bars
from stream.dashboards.queries import AGENTS, TEAMS, Figure, headlines
from stream.dashboards.tables import Column, rows
from stream.measures import QUESTIONS

#: Contacts of several teams make a customer one on several channels; who is invited and what is ordered is no work of
#: theirs either.
_NOT_THEIRS = {"omnichannel", "response_rate", "upsell"}


def boards() -> Iterator[Dashboard]:
    """One dashboard, with what teams can change: counts of customers and cases, orders and themes belong to none.

    Agents are at its end.
    """
    figures = [
        figure
        for figure in headlines(TEAMS)
        if not figure.kpi.levels and not figure.kpi.label and figure.kpi.name not in _NOT_THEIRS
    ]
    team = listed(
        "team",
        "Team",
        "Teams to look at.",
        'label_values({__name__=~"feedback_.+_sample_size",window="$window",scope="team"}, member)',
        many=True,
    )
    yield board(
        "feedback-teams",
        "Teams",
        "Every team's scores, and whether they really differ from those of all.",
        [
            Row("All scores, last $window", [_overview(figures)]),
            Row("Each score", [scores.members(figure, scope="team", width=12) for figure in figures]),
            Row("Over time", [scores.by_member(figure, width=12) for figure in figures]),
            Row("Samples", [_samples(figure) for figure in figures]),
            Row("Agents, where that scope is on", [*_agents()]),
        ],
        variables=[window(), team],
    )


def _agents() -> Iterator[Panel]:
    """Single people, by pseudonym: nothing to see unless the service counts for them."""
    for figure in headlines(AGENTS):
        if figure.kpi.individual:
            yield scores.members(figure, scope="agent", width=24, people=True)


def _overview(figures: list[Figure]) -> Panel:
    columns = []
    for figure in figures:
        shown, what = display(figure.info), scores.counted(figure)
        short = _short(figure)
        columns.append(Column(figure.shown, short, shown.unit, shown.decimals, [withheld(scores.too_few(figure))]))
        columns.append(Column(figure.n, f"{short} {what}"))
    said = (
        "Every score of every team, with how many are behind it. Look below for intervals before you compare: teams "
        "with few answers are at the top and the bottom of any list by chance."
    )
    about = About("Teams at a glance", said, "none", 24, 10)
    return rows(about, columns, sort=columns[0].name, descending=False, labels={"member": "Team"})


def _short(figure: Figure) -> str:
    """A KPI as people call it: the names of questions are short for them."""
    return figure.kpi.name.upper() if figure.kpi.name in QUESTIONS else figure.info.title


def _samples(figure: Figure) -> Panel:
    what = scores.counted(figure)
    said = f"How many {what} are behind each team's score of {figure.info.title} in the window."
    about = About(f"{_short(figure)}: {what} by team", said, "short", 6, 10, f"no {what}")
    return bars(about, [Query(f"sort_desc({figure.n})", "{{member}}")])
