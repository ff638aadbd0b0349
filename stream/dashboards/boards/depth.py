"""*One KPI in depth*: a dashboard for each KPI, because each has units, ranges and parts of its own."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders.dashboard import CustomVariable, TextBoxVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel, VariableModel, VariableOption

from stream.dashboards import drops, scores
from stream.dashboards.board import Row, board, listed, member, scope, window
from stream.dashboards.breakdown import BREAKDOWNS, CROSS, promql
from stream.dashboards.display import CALM, SERIES, display, withheld
from stream.dashboards.drops import Chart
from stream.dashboards.panels import About, Query, bars, lines
from stream.dashboards.queries import MEMBER, MEMBERS, Figure
from stream.dashboards.tables import Column, rows
from stream.kpi import KPIS, Accumulator
from stream.reference_domain import prose
from stream.settings import Settings

#: Without a format, Grafana would write several as (one|other).
_BY = "${slices:csv}"
_DAYS = Settings.model_fields["cross_from"].default / 86_400
_NOT_KEPT = f"kept for windows from {_DAYS:g} d on"
_FILTERED = f"Counts only what is chosen in {', '.join(CROSS)}; {_NOT_KEPT}, not by scope and member."


def boards() -> Iterator[Dashboard]:
    """A dashboard for each KPI of the catalogue."""
    for kpi in KPIS.values():
        title = kpi.scores()[0].title
        yield board(
            f"feedback-kpi-{kpi.name}",
            f"One KPI in depth: {title}",
            f"{title} of one member of a scope: {prose(kpi)}",
            [*_rows(kpi)],
            variables=[window(), scope("all"), member("all"), *(_slicing(kpi) if kpi.name in BREAKDOWNS else ())],
            kpi=kpi.name,
        )


def _rows(kpi: type[Accumulator]) -> Iterator[Row]:
    first, *others = (Figure(kpi, info, MEMBER) for info in kpi.scores())
    yield Row(
        "$member of $scope, last $window",
        [scores.now(first, width=8, height=5), scores.evidence(first, width=8), scores.change(first, width=8)],
    )
    yield Row("Over time", [scores.trend(first, width=12), scores.compared(first, width=12), _answers(first)])
    if kpi.watch is not None:
        yield Row("Drops of $member of $scope", [*_drops(Chart.of(kpi, drops.MEMBER))])
    if others:
        yield Row("Its other scores", [panel for figure in others for panel in _other(figure)])
    by_member = Figure(kpi, first.info, MEMBERS)
    against = [drops.members(Chart.of(kpi, drops.MEMBERS), width=24)] if kpi.watch is not None else []
    yield Row("By $scope", [scores.members(by_member, scope="$scope", width=24), *against])
    if kpi.name in BREAKDOWNS:
        yield Row("Distribution and slices", [*_distribution(kpi), _slices(first)])


def _drops(chart: Chart) -> Iterator[Panel]:
    yield drops.standing(chart, width=8)
    yield drops.explained(chart, width=16)
    yield drops.climb(chart, width=12)
    yield drops.sizes(chart, width=12)


def _answers(figure: Figure) -> Panel:
    said = "How many are behind each point of the score. The fewer, the wider the interval."
    about = About("Sample size over time", said, "short", 24, 6)
    return lines(about, [Query(figure.n, scores.counted(figure))], colors={scores.counted(figure): CALM})


def _other(figure: Figure) -> Iterator[Panel]:
    yield scores.now(figure, width=6, height=4)
    yield scores.evidence(figure, width=6, height=4)
    yield scores.trend(figure, width=12)


def _distribution(kpi: type[Accumulator]) -> Iterator[Panel]:
    parts = [Query(promql(kpi.name, formula), name) for name, formula in BREAKDOWNS[kpi.name].parts.items()]
    colors = {part.legend: color for part, color in zip(parts, SERIES, strict=False)}
    said = f"How many of each, which together are the sample. {_FILTERED}"
    yield bars(About("Distribution now", said, "short", 8, nothing=_NOT_KEPT), parts, colors=colors)
    said = f"The share of each over time. {_FILTERED}"
    yield lines(
        About("Distribution over time", said, "short", 16, nothing=_NOT_KEPT), parts,
        stacked=StackingMode.PERCENT, colors=colors,
    )  # fmt: skip


def _slices(figure: Figure) -> Panel:
    kpi, shown = figure.kpi.name, display(figure.info)
    n = promql(kpi, BREAKDOWNS[kpi].n, by=_BY)
    score = promql(kpi, BREAKDOWNS[kpi].score, by=_BY)
    columns = [
        Column(f"({score}) and ({n} >= $min_sample) or ({n}) * NaN", "Score", shown.unit, shown.decimals, [withheld()]),
        *(
            Column(promql(kpi, part, by=_BY), name.capitalize())
            for name, part in BREAKDOWNS[kpi].parts.items()
        ),
        Column(n, "Sample"),
    ]  # fmt: skip
    said = (
        "Every combination of the chosen dimensions, worst first; withheld below the chosen sample. Without interval, "
        f"so do not make much of small ones. {_FILTERED}"
    )
    return rows(
        About(f"{figure.info.title} by combination", said, shown.unit, 24, 10, _NOT_KEPT), columns,
        sort="Score", descending=not figure.info.higher_is_better,
    )  # fmt: skip


def _slicing(kpi: type[Accumulator]) -> Iterator[Builder[VariableModel]]:
    field = f"feedback_{kpi.name}_{kpi.field_names()[0]}"
    for dimension in CROSS:
        query = f'label_values({field}{{window="$window"}}, {dimension})'
        yield listed(dimension, f"{dimension.capitalize()} (slices)", "For distribution and slices.", query, many=True)
    yield (
        CustomVariable("slices")
        .label("Slice by")
        .description("The dimensions whose combinations the last table shows.")
        .values(",".join(CROSS))
        .multi(True)
        .current(VariableOption(text=[*CROSS[:2]], value=[*CROSS[:2]]))
        .options([VariableOption(selected=each in CROSS[:2], text=each, value=each) for each in CROSS])
    )
    least = str(Settings.model_fields["min_sample"].default)
    yield (
        TextBoxVariable("min_sample")
        .label("Smallest sample")
        .description("Slices with fewer are withheld; the service has a setting of its own, min_sample, for scores.")
        .default_value(least)
        .current(VariableOption(text=least, value=least))
        .options([VariableOption(selected=True, text=least, value=least)])
    )
