"""Tables: a row for each member, a column for each query."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, Panel, ValueMapping
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from stream.dashboards.panels import About, Query, instant, overriding, panel


class Column(NamedTuple):
    """A column: its query, its name, and how its values look."""

    expr: str
    name: str
    unit: str = "none"
    decimals: int = 0
    mappings: Sequence[ValueMapping] = ()
    more: Mapping[str, object] = MappingProxyType({})


def rows(
    about: About,
    columns: Sequence[Column],
    *,
    sort: str,
    descending: bool,
    labels: Mapping[str, str] = MappingProxyType({}),
    link: str = "",
) -> Panel:
    """A table of queries that have the same labels, and what these are called; the first one's values are links."""
    renamed = dict(labels) | {f"Value #{chr(ord('A') + number)}": column.name for number, column in enumerate(columns)}
    overrides: dict[str, Mapping[str, object]] = {
        column.name: {"unit": column.unit, "decimals": column.decimals, "mappings": [*column.mappings], **column.more}
        for column in columns
    }
    if link:
        overrides[next(iter(labels.values()))] = {"links": [{"title": "In depth", "url": link}]}
    builder = (
        table.Panel()
        .with_transformation(DataTransformerConfig("merge", options={}))
        .with_transformation(
            DataTransformerConfig("organize", options={"excludeByName": {"Time": True}, "renameByName": renamed})
        )
        .sort_by([common.TableSortByFieldState().display_name(sort).desc(descending)])
        .overrides(overriding(overrides))
    )
    queries = [each.format(PromQueryFormat.TABLE) for each in instant(Query(column.expr) for column in columns)]
    return panel(builder, about, queries, (None, None))
