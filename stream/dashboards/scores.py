"""Panels of one score, alike for all of them: number, evidence, trend, members."""

from collections.abc import Mapping

from grafana_foundation_sdk.models.dashboard import Panel

from stream.dashboards.display import (
    BAD,
    CALM,
    CAUTION,
    EARLIER,
    GOOD,
    MET,
    MISSED,
    MUTED,
    NO_ANSWERS,
    NO_TARGET,
    NOT_SURE,
    display,
    number,
    verdict,
    withheld,
)
from stream.dashboards.panels import About, Overrides, Query, colored, dashed, lines, numbers
from stream.dashboards.queries import Figure
from stream.dashboards.tables import Column, rows
from stream.kpi import ScoreInfo
from stream.reference_domain import prose

_STATES = f"“too few answers” where it is withheld, “{NO_ANSWERS}” where there are none"
_IN_DEPTH = (
    "/d/feedback-kpi-{kpi}?${{datasource:queryparam}}&${{window:queryparam}}"
    "&var-scope={scope}&var-member=${{__value.raw:percentencode}}&${{__url_time_range}}"
)


def definition(figure: Figure) -> str:
    """What a score is, in the words of its definition.

    >>> definition(Figure.of("csat", ""))
    'Customer Satisfaction (taux de satisfaction): satisfied answers/answers.'
    """
    info = figure.info
    said = prose(getattr(figure.kpi, info.name))
    french = f" ({info.french})" if info.french != info.title else ""
    return f"{info.title}{french}: {said[0].lower()}{said[1:]}"


def counted(figure: Figure) -> str:
    """What its sample consists of.

    >>> counted(Figure.of("csat", "")), counted(Figure.of("churn", ""))
    ('answers', 'customers')
    """
    return "customers" if figure.kpi.levels else "answers"


def scale(info: ScoreInfo) -> str:
    """The range of a score and which way is good, as a sentence."""
    shown = display(info)
    good = "higher" if info.higher_is_better else "lower"
    return f"From {number(info, shown.low)} to {number(info, shown.high)}; {good} is better.".replace("-", "−")


def now(figure: Figure, *, width: int, height: int = 4) -> Panel:
    """The score, large, in the colour of its target."""
    info, shown = figure.info, display(figure.info)
    aim = " Its colour says whether its target is met, missed, or neither for sure." if figure.has_target else ""
    description = f"{definition(figure)} {scale(info)}{aim} In the chosen window; {_STATES}."
    query = Query(figure.judged, "{{target}}") if figure.has_target else Query(figure.shown, info.title)
    return numbers(
        About(info.title, description, shown.unit, width, height), [query],
        mappings=[withheld()], decimals=shown.decimals, limits=(shown.low, shown.high), overrides=colored(_VERDICTS),
    )  # fmt: skip


def evidence(figure: Figure, *, width: int, height: int = 5) -> Panel:
    """What the score stands on: interval, sample, and whether its target is met beyond doubt."""
    info, shown = figure.info, display(figure.info)
    queries = [Query(figure.lower, "at least"), Query(figure.upper, "at most"), Query(figure.n, counted(figure))]
    overrides: dict[str, Mapping[str, object]] = {counted(figure): {"unit": "short", "decimals": 0}}
    said = "The 95 % interval that holds the true score, and how many are behind it."
    if figure.has_target:
        queries += [Query(figure.target, "target"), Query(figure.against(figure.target), "which is")]
        overrides["which is"] = {"mappings": verdict(info, MET, NOT_SURE, MISSED), "unit": "none", "decimals": 0}
        said += " The target is met or missed when all of the interval is on one side of it."
    return numbers(
        About(f"{info.title}: how sure", said, shown.unit, width, height, nothing="–"), queries,
        decimals=shown.decimals, overrides=overrides,
    )  # fmt: skip


def trend(figure: Figure, *, width: int, height: int = 8, title: str = "") -> Panel:
    """The score over time inside its interval, with the target as a dashed line."""
    info, shown = figure.info, display(figure.info)
    limits = (shown.low, shown.high) if shown.whole_axis else (None, None)
    followed = "" if shown.whole_axis else " The axis follows the data."
    said = (
        f"{definition(figure)} Each point is a whole window; the band is the 95 % interval. A gap: too few answers, "
        f"or none.{' Dashed: the target.' if figure.has_target else ''}{followed}"
    )
    queries = [Query(figure.shown, "score"), Query(figure.lower, "at least"), Query(figure.upper, "at most")]
    if figure.has_target:
        queries.append(Query(figure.target, "target"))
    return lines(
        About(title or f"{info.title} over time", said, shown.unit, width, height), queries,
        limits=limits, colors={"score": CALM, "at least": MUTED, "at most": MUTED}, overrides=_BAND | dashed("target"),
    )  # fmt: skip


_VERDICTS = {MET: GOOD, NOT_SURE: CAUTION, MISSED: BAD, NO_TARGET: CALM}
_BAND: Overrides = {
    "at least": {"color": {"mode": "fixed", "fixedColor": MUTED}, "custom.lineWidth": 0},
    "at most": {
        "color": {"mode": "fixed", "fixedColor": MUTED},
        "custom.lineWidth": 0, "custom.fillBelowTo": "at least", "custom.fillOpacity": 20,
    },
}  # fmt: skip


def compared(figure: Figure, *, width: int, height: int = 8) -> Panel:
    """The score over time, and the score of the window before each point's."""
    info, shown = figure.info, display(figure.info)
    said = "Each point beside the window of the same length that ended when its own began. " + scale(info)
    limits = (shown.low, shown.high) if shown.whole_axis else (None, None)
    queries = [Query(figure.shown, "now"), Query(figure.earlier().shown, "one window earlier")]
    return lines(
        About(f"{info.title} and one window earlier", said, shown.unit, width, height, nothing="nothing to compare"),
        queries, limits=limits, colors={"now": CALM, "one window earlier": EARLIER},
    )  # fmt: skip


def change(figure: Figure, *, width: int, height: int = 5) -> Panel:
    """By how much the score has changed since the window before, and whether that is more than chance."""
    info, shown = figure.info, display(figure.info)
    low, high = figure.change_bound(upper=False), figure.change_bound(upper=True)
    queries = [
        Query(figure.change, "change"), Query(low, "at least"), Query(high, "at most"),
        Query(f"({low} > bool 0) - ({high} < bool 0)", "that is"),
    ]  # fmt: skip
    words = verdict(info, "better", "within chance", "worse")
    said = (
        "The score less that of the window of the same length before it, with the 95 % interval of the difference. "
        "Within chance: the interval holds 0."
    )
    return numbers(
        About(f"{info.title}: change", said, shown.unit, width, height, nothing="nothing to compare"), queries,
        decimals=shown.decimals, overrides={"that is": {"mappings": words, "unit": "none", "decimals": 0}},
    )  # fmt: skip


def members(figure: Figure, *, scope: str, width: int, height: int = 9) -> Panel:
    """Every member of a scope, the one that needs help first, with its interval, sample and difference from all."""
    info, shown = figure.info, display(figure.info)
    colored: dict[str, object] = {"custom.cellOptions": {"type": "color-text"}}
    words = verdict(info, "better", "no clear difference", "worse")
    aim = verdict(info, MET, NOT_SURE, MISSED)
    columns = [
        Column(figure.shown, "Score", shown.unit, shown.decimals, [withheld()]),
        Column(figure.lower, "At least", shown.unit, shown.decimals),
        Column(figure.upper, "At most", shown.unit, shown.decimals),
        Column(figure.n, counted(figure).capitalize()),
        Column(figure.against_whole(), "Than all", mappings=words, more=colored),
        *([Column(figure.against(figure.target), "Target", mappings=aim, more=colored)] if figure.has_target else ()),
    ]
    said = (
        f"Worst first. {scale(info)} The interval is that of 95 %; “Than all” says whether all of it lies on one side "
        f"of the score of all customers. {_STATES[0].upper()}{_STATES[1:]}."
    )
    return rows(
        About(f"{info.title} by {scope}", said, shown.unit, width, height), columns, sort="Score",
        descending=not info.higher_is_better, labels={"member": "Member"},
        link=_IN_DEPTH.format(kpi=figure.kpi.name, scope=scope),
    )  # fmt: skip
