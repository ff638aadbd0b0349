"""A dashboard around its panels: variables, annotations, links, and panels laid out in rows."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    AnnotationContainer,
    AnnotationQuery,
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    Panel,
    RowPanel,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from stream.dashboards.display import BAD
from stream.dashboards.panels import DATASOURCE

COLUMNS = 24
_VIEWS, _KPIS = "feedback-view", "feedback-kpi"


class Row(NamedTuple):
    """Panels under a heading; they flow from left to right and then down."""

    title: str
    panels: Sequence[Panel]


def board(
    uid: str,
    title: str,
    description: str,
    rows: Iterable[Row],
    *,
    variables: Sequence[Builder[VariableModel]],
    since: str = "now-24h",
    kpi: str = "",
) -> Dashboard:
    """A dashboard; one of a `kpi` is among those of one KPI in the menus, and shows its alerts and the service's."""
    built = (
        builders.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["feedback", _KPIS if kpi else _VIEWS])
        .readonly()
        .time(since, "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .variables([_datasource(), *variables])
        .links([_menu("Dashboards", _VIEWS), _menu("One KPI in depth", _KPIS)])
        .build()
    )
    built.annotations = AnnotationContainer([_Alerts(kpi)])
    built.panels = arrange(rows)
    return built


def arrange(rows: Iterable[Row]) -> list[Panel | RowPanel]:
    """The panels of the rows with their places and numbers."""
    placed: list[Panel | RowPanel] = []
    y = 0
    for row in rows:
        placed.append(RowPanel(title=row.title, id_val=len(placed) + 1, grid_pos=GridPos(h=1, w=COLUMNS, x=0, y=y)))
        y += 1
        x = height = 0
        for panel in row.panels:
            size = panel.grid_pos or GridPos()
            if x + size.w > COLUMNS:
                x, y, height = 0, y + height, 0
            panel.id_val, panel.grid_pos = len(placed) + 1, GridPos(h=size.h, w=size.w, x=x, y=y)
            placed.append(panel)
            x, height = x + size.w, max(height, size.h)
        y += height
    return placed


def listed(
    name: str, label: str, description: str, query: str, *, first: str = "", many: bool = False
) -> builders.QueryVariable:
    """A variable whose choices are the values that a label has now; `first` is chosen, or all where it may be many."""
    variable = (
        builders.QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(DATASOURCE)
        .query({"query": query, "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.NUMERICAL_ASC)
        .multi(many)
        .include_all(many)
    )
    if many:
        return variable.all_value(".*").current(VariableOption(text="All", value="$__all"))
    return variable.current(VariableOption(text=first, value=first)) if first else variable


def window() -> Builder[VariableModel]:
    """Which of the windows that the service keeps."""
    return listed("window", "Window", "How much time each score looks back on.", _values("window"), first="24h")


def scope(first: str) -> Builder[VariableModel]:
    """Which dimension the members are of."""
    asked = _values("scope", 'window="$window"')
    return listed("scope", "Scope", "All customers, or a dimension whose members are compared.", asked, first=first)


def member(first: str) -> Builder[VariableModel]:
    """Which member of the scope."""
    asked = _values("member", 'window="$window",scope="$scope"')
    return listed("member", "Member", "One member of the scope.", asked, first=first)


def _values(label: str, where: str = "") -> str:
    """The values of a label of any sample size, which is there for every score, withheld or not."""
    matchers = ",".join(filter(None, ['__name__=~"feedback_.+_sample_size"', where]))
    return f"label_values({{{matchers}}}, {label})"


def _datasource() -> Builder[VariableModel]:
    return (
        builders.DatasourceVariable("datasource")
        .label("Data source")
        .description("The Prometheus that scrapes the service.")
        .type("prometheus")
    )


def _menu(title: str, tag: str) -> builders.DashboardLink:
    return (
        builders.DashboardLink(title)
        .type(DashboardLinkType.DASHBOARDS)
        .tags([tag])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
        .icon("external link")
    )


class _Alerts(AnnotationQuery):
    """Alerts while they fire, whatever rules raise them; the SDK does not know the names that Prometheus' take."""

    def __init__(self, kpi: str) -> None:
        where = f',kpi=~"{kpi}|"' if kpi else ""
        super().__init__("Alerts", DATASOURCE, icon_color=BAD, expr=f'ALERTS{{alertstate="firing"{where}}}')

    def to_json(self) -> dict[str, object]:
        """With what an annotation of Prometheus says: the alert's name, where it fires, how severe it is."""
        said = {"titleFormat": "{{alertname}}", "textFormat": "{{scope}} {{member}}", "tagKeys": "severity"}
        return super().to_json() | {**said, "step": "60s", "useValueForTime": False}
