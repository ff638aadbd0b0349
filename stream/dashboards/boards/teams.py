"""*Teams*: each team beside the others and beside the whole, with what can and cannot be said of it."""

from collections.abc import Iterator

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from stream.dashboards import scores
from stream.dashboards.board import Row, board, listed, window
from stream.dashboards.display import display, withheld
from stream.dashboards.panels import About, Query, bars, lines
from stream.dashboards.queries import TEAMS, Figure, headlines
from stream.dashboards.tables import Column, rows


def boards() -> Iterator[Dashboard]:
    """One dashboard, with what is asked of customers and employees; counts of customers belong to no team."""
    figures = [figure for figure in headlines(TEAMS) if not figure.kpi.levels]
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
            Row("Over time", [_trend(figure) for figure in figures]),
            Row("Answers", [_answers(figure) for figure in figures]),
        ],
        variables=[window(), team],
    )


def _overview(figures: list[Figure]) -> Panel:
    columns = []
    for figure in figures:
        shown, short = display(figure.info), figure.kpi.name.upper()
        columns.append(Column(figure.shown, short, shown.unit, shown.decimals, [withheld()]))
        columns.append(Column(figure.n, f"{short} answers"))
    said = (
        "Every score of every team, with the answers behind it. Look below for intervals before you compare: teams "
        "with few answers are at the top and the bottom of any list by chance."
    )
    about = About("Teams at a glance", said, "none", 24, 10)
    return rows(about, columns, sort=columns[0].name, descending=False, labels={"member": "Team"})


def _trend(figure: Figure) -> Panel:
    shown = display(figure.info)
    said = f"{scores.definition(figure)} One line a team; choose a few at the top. A gap: too few answers, or none."
    limits = (shown.low, shown.high) if shown.whole_axis else (None, None)
    about = About(f"{figure.info.title} over time", said, shown.unit, 12)
    return lines(about, [Query(figure.shown, "{{member}}")], limits=limits)


def _answers(figure: Figure) -> Panel:
    said = f"How many answers to {figure.info.title} each team has in the window."
    about = About(f"{figure.kpi.name.upper()} answers by team", said, "short", 6, 10)
    return bars(about, [Query(f"sort_desc({figure.n})", "{{member}}")])
