"""The kinds of panels that the dashboards are made of; tables are in `tables.py`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import bargauge, common, heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardFieldConfigSourceOverrides as Override
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import (
    DashboardFieldConfigSourceOverrides,
    DataSourceRef,
    DynamicConfigValue,
    FieldColorModeId,
    FieldConfig,
    FieldConfigSource,
    GridPos,
    MatcherConfig,
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMapping,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from stream.dashboards.display import CALM, MUTED, NO_ANSWERS, absent

#: Every query asks the data source that is chosen at the top of the dashboard.
DATASOURCE = DataSourceRef("prometheus", "${datasource}")

#: By the name of a series or column: what of it differs from the panel's defaults.
Overrides = dict[str, Mapping[str, object]]


class Query(NamedTuple):
    """PromQL, and what its result is called; labels stand in double braces."""

    expr: str
    legend: str = ""


class About(NamedTuple):
    """What every panel has: a title, a description for who does not know it, a unit, its size on a grid of 24."""

    title: str
    description: str
    unit: str
    width: int = 12
    height: int = 8
    nothing: str = NO_ANSWERS


def numbers(
    about: About,
    queries: Sequence[Query],
    *,
    steps: Sequence[Threshold] = (Threshold(color=CALM),),
    mappings: Sequence[ValueMapping] = (),
    decimals: float = 0,
    limits: tuple[float | None, float | None] = (None, None),
    overrides: Overrides | None = None,
) -> Panel:
    """Large numbers as of now, one a series."""
    builder = (
        stat.Panel()
        .reduce_options(_now())
        .graph_mode(options.BigValueGraphMode.NONE)
        .color_mode(options.BigValueColorMode.VALUE)
        .orientation(options.VizOrientation.HORIZONTAL)
        .thresholds(_thresholds(steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .mappings([*mappings, absent(about.nothing)])
        .decimals(decimals)
        .overrides(overriding(overrides or {}))
    )
    return panel(builder, about, instant(queries), limits)


def bars(about: About, queries: Sequence[Query], *, colors: Mapping[str, str] | None = None) -> Panel:
    """Horizontal bars as of now, one a series."""
    builder = (
        bargauge.Panel()
        .reduce_options(_now())
        .orientation(options.VizOrientation.HORIZONTAL)
        .display_mode(options.BarGaugeDisplayMode.BASIC)
        .thresholds(_thresholds([Threshold(color=CALM)]))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .overrides(overriding(colored(colors or {})))
    )
    return panel(builder, about, instant(queries), (0, None))


def lines(
    about: About,
    queries: Sequence[Query],
    *,
    limits: tuple[float | None, float | None] = (0, None),
    steps: Sequence[Threshold] = (),
    stacked: options.StackingMode = options.StackingMode.NONE,
    colors: Mapping[str, str] | None = None,
    overrides: Overrides | None = None,
) -> Panel:
    """Values over time; what is not there is a gap, and thresholds are dashed lines."""
    legend = common.VizLegendOptions().display_mode(options.LegendDisplayMode.LIST)
    dashed = options.GraphThresholdsStyleMode.DASHED if steps else options.GraphThresholdsStyleMode.OFF
    builder = (
        timeseries.Panel()
        .span_nulls(False)
        .fill_opacity(0 if stacked == options.StackingMode.NONE else 60)
        .stacking(common.StackingConfig().mode(stacked).group("A"))
        .thresholds(_thresholds(steps))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(dashed))
        .color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .legend(legend.placement(options.LegendPlacement.BOTTOM).show_legend(True).calcs([]))
        .tooltip(common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI).sort(options.SortOrder.NONE))
        .overrides(overriding({**colored(colors or {}), **(overrides or {})}))
    )
    return panel(builder, about, [query(each, number) for number, each in enumerate(queries)], limits)


def densities(about: About, asked: Query) -> Panel:
    """The buckets of a histogram over time."""
    # Cividis looks the same to all eyes.
    color = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Cividis").exponent(0.5).steps(64)
    builder = heatmap.Panel().calculate(False).color(color).y_axis(heatmap.YAxisConfig().unit(about.unit))
    return panel(builder, about, [query(asked, 0).format(PromQueryFormat.HEATMAP)], (None, None))


def query(asked: Query, number: int) -> prometheus.Dataquery:
    """A query as Grafana knows it; `number` is its place in the panel."""
    built = prometheus.Dataquery().expr(asked.expr).ref_id(chr(ord("A") + number)).datasource(DATASOURCE).range()
    return built.legend_format(asked.legend) if asked.legend else built


def instant(queries: Iterable[Query]) -> list[prometheus.Dataquery]:
    """Queries of now alone."""
    return [query(each, number).instant() for number, each in enumerate(queries)]


def panel(
    builder: Builder[Panel],
    about: About,
    queries: Sequence[prometheus.Dataquery],
    limits: tuple[float | None, float | None],
) -> Panel:
    """A panel with what every panel has."""
    built = builder.build()
    built.title, built.description, built.datasource = about.title, about.description, DATASOURCE
    built.targets = [each.build() for each in queries]
    built.grid_pos = GridPos(h=about.height, w=about.width)
    built.field_config = built.field_config or FieldConfigSource()
    defaults = built.field_config.defaults = built.field_config.defaults or FieldConfig()
    defaults.unit, defaults.no_value = about.unit, about.nothing
    defaults.min_val, defaults.max_val = limits
    return built


def overriding(overrides: Overrides) -> list[Builder[DashboardFieldConfigSourceOverrides]]:
    """What differs, as Grafana knows it."""
    return [
        Override()
        .matcher(MatcherConfig("byName", name))
        .properties([DynamicConfigValue(key, value) for key, value in properties.items()])
        for name, properties in overrides.items()
    ]


def colored(colors: Mapping[str, str]) -> Overrides:
    """Series in colours of their own."""
    return {name: {"color": {"mode": "fixed", "fixedColor": color}} for name, color in colors.items()}


def dashed(name: str, color: str = MUTED) -> Overrides:
    """A series that is not measured but set: a target, a threshold."""
    style = {"fill": "dash", "dash": [8, 8]}
    return {name: {"color": {"mode": "fixed", "fixedColor": color}, "custom.lineStyle": style}}


def _thresholds(steps: Sequence[Threshold]) -> ThresholdsConfig:
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([*steps] or [Threshold(color=CALM)])


def _now() -> common.ReduceDataOptions:
    # `last` and not `lastNotNull`, which passes over the NaN that stands for a withheld score.
    return common.ReduceDataOptions().calcs(["last"]).fields("").values(False)
