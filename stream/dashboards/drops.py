"""Panels of what is watched for drops: how far it is from an alert, how much worse than usual, what explains it."""

from collections.abc import Callable
from typing import NamedTuple, Self

from grafana_foundation_sdk.models.dashboard import Panel

from stream.dashboards.display import BAD, CALM, display, state
from stream.dashboards.panels import About, Query, colored, dashed, lines, numbers
from stream.dashboards.tables import Column, rows
from stream.drops.names import DropNames
from stream.kpi import KPIS, Accumulator

# Where a chart is looked at; names with a dollar are variables of the dashboard.
WHOLE = 'scope="all",member="all"'
MEMBER = 'scope="$scope",member="$member"'
MEMBERS = 'scope="$scope"'

#: The KPIs that are watched, in display order.
WATCHED = tuple(kpi for kpi in KPIS.values() if kpi.watch is not None)

_PLACE = {"kpi": "KPI", "scope": "Scope", "member": "Member"}
_PART = {"by_scope": "Dimension", "by_member": "Which"}
_TEXT = {"custom.cellOptions": {"type": "color-text"}}
_UNKNOWN = "too few answers to tell"
_NONE = "no alert is raised"
_HOW = "docs/drops.md tells how."
_LINK = (
    "/d/feedback-kpi-${__data.fields.KPI}?${datasource:queryparam}&${window:queryparam}"
    "&var-scope=${__data.fields.Scope:percentencode}&var-member=${__data.fields.Member:percentencode}"
)


class Chart(NamedTuple):
    """A KPI's charts at a place, as PromQL; every expression has `member` as its only label.

    >>> Chart.of(KPIS["churn"], WHOLE).size
    'max by (member) (feedback_churn_rise_ratio{scope="all",member="all"})'
    """

    kpi: type[Accumulator]
    usual: str
    size: str
    statistic: str
    threshold: str
    raised: str
    explained: str

    @classmethod
    def of(cls, kpi: type[Accumulator], where: str) -> Self:
        """Those of a KPI that is watched."""
        names = DropNames.of(kpi)
        usual, size, statistic, threshold, raised = (
            f"max by (member) ({name}{{{where}}})"
            for name in (names.usual, names.size, names.statistic, names.threshold, names.raised)
        )
        explained = f"max by (by_scope, by_member) ({names.explained}{{{where}}})"
        return cls(kpi, usual, size, statistic, threshold, raised, explained)

    @property
    def near(self) -> str:
        """How much of an alert has added up: 1 raises it."""
        return f"{self.statistic} / {self.threshold}"

    @property
    def title(self) -> str:
        return self.kpi.scores()[0].title

    @property
    def past(self) -> str:
        """What has happened where an alert is raised."""
        return self.kpi.watch.past if self.kpi.watch else ""


def standing(chart: Chart, *, width: int, height: int = 6) -> Panel:
    """How much worse than usual a score is, and whether that is an alert."""
    shown = display(chart.kpi.scores()[0])
    queries = [
        Query(chart.raised, "that is"), Query(chart.size, "worse by"), Query(chart.usual, "usual"),
        Query(chart.near, "of an alert"),
    ]  # fmt: skip
    said = (
        "The last answers, 2,000 at most, or those since an alert began, against what is usual; what is better has a "
        f"minus. Of an alert: what has added up of it, 100 % raises one. {_HOW}"
    )
    return numbers(
        About(f"{chart.title}: against the usual", said, shown.unit, width, height, nothing=_UNKNOWN), queries,
        decimals=shown.decimals, overrides={
            "that is": {"mappings": state("as usual", chart.past), "unit": "none", "decimals": 0},
            "of an alert": {"unit": "percentunit", "decimals": 0},
        },
    )  # fmt: skip


def climb(chart: Chart, *, width: int) -> Panel:
    """What adds up, and the threshold that it has to pass."""
    said = (
        "What has added up of answers that are worse than usual, and what it has to come to for an alert (dashed). It "
        f"falls back to 0 while nothing changes. {_HOW}"
    )
    return lines(
        About(f"{chart.title}: towards an alert", said, "none", width, nothing=_UNKNOWN),
        [Query(chart.statistic, "added up"), Query(chart.threshold, "alert")],
        overrides=colored({"added up": CALM}) | dashed("alert", BAD),
    )  # fmt: skip


def sizes(chart: Chart, *, width: int) -> Panel:
    """How much worse than usual it was over time."""
    shown = display(chart.kpi.scores()[0])
    said = "How much worse than usual the watched answers are, in the unit of the score; what is better has a minus."
    return lines(
        About(f"{chart.title}: worse than usual by", said, shown.unit, width, nothing=_UNKNOWN),
        [Query(chart.size, "worse by")], limits=(None, None), overrides=colored({"worse by": CALM}),
    )  # fmt: skip


def explained(chart: Chart, *, width: int, height: int = 6) -> Panel:
    """The members that an alert comes from."""
    said = (
        "While an alert is raised: the members that it comes from, each with its part of the whole, one dimension at a "
        "time. More than 100 % where others got better meanwhile; nothing where it is everywhere alike."
    )
    return rows(
        About(f"{chart.title}: what explains it", said, "percentunit", width, height, nothing=_NONE),
        [Column(chart.explained, "Part of it", "percentunit")], sort="Part of it", descending=True,
        labels=_PART,
    )  # fmt: skip


def members(chart: Chart, *, width: int, height: int = 9) -> Panel:
    """Every member of a scope, the one that is nearest to an alert first."""
    shown = display(chart.kpi.scores()[0])
    said = "Every member with enough answers to compare with, the one nearest to an alert first. 100 % raises one."
    return rows(
        About(f"{chart.title}: $scope against the usual", said, shown.unit, width, height, nothing=_UNKNOWN),
        [
            Column(chart.near, "Of an alert", "percentunit"),
            Column(chart.size, "Worse by", shown.unit, shown.decimals),
            Column(chart.usual, "Usual", shown.unit, shown.decimals),
            Column(chart.raised, "That is", mappings=state("as usual", chart.past), more=_TEXT),
        ],
        sort="Of an alert", descending=True, labels={"member": "Member"},
    )  # fmt: skip


def _each(metric: Callable[[DropNames], str], by: str) -> str:
    """A metric of every KPI that is watched, with the KPI as one more label."""
    found = (f"max by ({by}) ({metric(DropNames.of(kpi))})" for kpi in WATCHED)
    named = zip(found, WATCHED, strict=True)
    return " or ".join(f'label_replace({expr}, "kpi", "{kpi.name}", "", "")' for expr, kpi in named)


def alerts(*, width: int) -> Panel:
    """Every alert that is raised, and since when."""
    said = "Every drop of a score, or rise of churn, that is no chance, in all and in members, the newest first."
    return rows(
        About("Raised alerts", said, "none", width, nothing=_NONE),
        [Column(f"1000 * ({_each(lambda names: names.begin, by='scope, member')})", "Since", "dateTimeFromNow")],
        sort="Since", descending=True, labels=_PLACE, link=_LINK,
    )  # fmt: skip


def reasons(*, width: int) -> Panel:
    """What explains the alerts that are raised."""
    said = (
        "The members that each raised alert comes from, with their part of the whole, one dimension at a time. One "
        "that is not here is everywhere alike, or of a dimension that is not crossed with others."
    )
    return rows(
        About("What explains them", said, "percentunit", width, nothing=_NONE),
        [Column(_each(lambda names: names.explained, by="scope, member, by_scope, by_member"), "Part of it",
                "percentunit")],
        sort="KPI", descending=False, labels=_PLACE | _PART, link=_LINK,
    )  # fmt: skip
