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

#: What the sample of a KPI consists of, by the topic it is computed from, or by its name where that is not enough.
_COUNTED = {
    "feedback.surveys": "answers", "feedback.churn": "customers", "feedback.contacts": "contacts",
    "feedback.orders": "orders", "feedback.invitations": "invitations", "feedback.cases": "cases",
    "feedback.verbatims": "comments", "omnichannel": "customers",
}  # fmt: skip
#: Scores that need a window of a month or more.
MONTHLY = ("clv", "clv_discounted", "clv_order_frequency")
_ALONE = "nothing to compare"
_IN_DEPTH = (
    "/d/feedback-kpi-{kpi}?${{datasource:queryparam}}&${{window:queryparam}}"
    "{more}&var-scope={scope}&var-member=${{__value.raw:percentencode}}&${{__url_time_range}}"
)


def definition(figure: Figure) -> str:
    """What a score is, in the words of its definition.

    >>> definition(Figure.of("csat", ""))
    'Customer Satisfaction (taux de satisfaction): satisfied answers/answers.'
    """
    info = figure.info
    said = " ".join(prose(getattr(figure.kpi, info.name)).split())
    french = f" ({info.french})" if info.french != info.title else ""
    return f"{info.title}{french}: {said[0].lower()}{said[1:]}"


def counted(figure: Figure) -> str:
    """What its sample consists of.

    >>> counted(Figure.of("csat", "")), counted(Figure.of("churn", ""))
    ('answers', 'customers')
    """
    kpi = figure.kpi
    return _COUNTED.get(kpi.name) or _COUNTED.get(kpi.source, "answers")


def too_few(figure: Figure) -> str:
    """The words for a score that is withheld."""
    return f"{'window too short, or ' if figure.info.name in MONTHLY else ''}too few {counted(figure)}"


def states(figure: Figure) -> str:
    """The words for a score that is not there."""
    return f"“{too_few(figure)}” where it is withheld, “no {counted(figure)}” where there are none"


def title(figure: Figure) -> str:
    """What the score is called in titles: with the label of its row, where that is chosen.

    >>> title(Figure.of("clv", "")), title(Figure.of("csat", ""))
    ('Customer Lifetime Value, $currency', 'Customer Satisfaction')
    """
    label = figure.kpi.label
    return f"{figure.info.title}, ${label}" if label and label != figure.by else figure.info.title


def scale(info: ScoreInfo) -> str:
    """The range of a score and which way is good, as a sentence.

    >>> scale(Figure.of("ces", "").info), scale(Figure.of("clv", "").info)
    ('From 1 to 7; higher is better.', 'Higher is better.')
    """
    ends = [number(info, end) for end in display(info).limits if end is not None]
    good = "higher is better." if info.higher_is_better else "lower is better."
    return f"From {' to '.join(ends)}; {good}".replace("-", "−") if ends else good.capitalize()


def now(figure: Figure, *, width: int, height: int = 4) -> Panel:
    """The score, large, in the colour of its target."""
    info, shown = figure.info, display(figure.info)
    aim = " Its colour says whether its target is met, missed, or neither for sure." if figure.has_target else ""
    description = f"{definition(figure)} {scale(info)}{aim} In the chosen window; {states(figure)}."
    query = Query(figure.judged, "{{target}}") if figure.has_target else Query(figure.shown, info.title)
    return numbers(
        About(title(figure), description, shown.unit, width, height, f"no {counted(figure)}"), [query],
        mappings=[withheld(too_few(figure))], decimals=shown.decimals, limits=shown.limits,
        overrides=colored(_VERDICTS),
    )  # fmt: skip


def evidence(figure: Figure, *, width: int, height: int = 5) -> Panel:
    """What the score stands on: interval, sample, and whether its target is met beyond doubt."""
    info, shown = figure.info, display(figure.info)
    queries = [*_bounds(figure), Query(figure.n, counted(figure))]
    overrides: dict[str, Mapping[str, object]] = {counted(figure): {"unit": "short", "decimals": 0}}
    said = "The 95 % interval that holds the true score, and how many are behind it."
    if not info.interval:
        said = "How many are behind the score. It has no interval."
    if figure.has_target:
        queries += [Query(figure.target, "target"), Query(figure.against(figure.target), "which is")]
        overrides["which is"] = {"mappings": verdict(info, MET, NOT_SURE, MISSED), "unit": "none", "decimals": 0}
        said += " The target is met or missed when all of the interval is on one side of it."
    return numbers(
        About(f"{title(figure)}: how sure", said, shown.unit, width, height, nothing="–"), queries,
        decimals=shown.decimals, overrides=overrides,
    )  # fmt: skip


def trend(figure: Figure, *, width: int, height: int = 8) -> Panel:
    """The score over time inside its interval, with the target as a dashed line."""
    info, shown = figure.info, display(figure.info)
    followed = "" if shown.whole_axis else " The axis follows the data."
    band = "; the band is the 95 % interval" if info.interval else ""
    said = (
        f"{definition(figure)} Each point is a whole window{band}. A gap: {too_few(figure)}, "
        f"or none.{' Dashed: the target.' if figure.has_target else ''}{followed}"
    )
    queries = [Query(figure.shown, "score"), *_bounds(figure)]
    if figure.has_target:
        queries.append(Query(figure.target, "target"))
    return lines(
        About(f"{title(figure)} over time", said, shown.unit, width, height, f"no {counted(figure)}"), queries,
        limits=shown.axis, colors={"score": CALM, "at least": MUTED, "at most": MUTED},
        overrides=_BAND | dashed("target"),
    )  # fmt: skip


_VERDICTS = {MET: GOOD, NOT_SURE: CAUTION, MISSED: BAD, NO_TARGET: CALM}
_BAND: Overrides = {
    "at least": {"color": {"mode": "fixed", "fixedColor": MUTED}, "custom.lineWidth": 0},
    "at most": {
        "color": {"mode": "fixed", "fixedColor": MUTED},
        "custom.lineWidth": 0, "custom.fillBelowTo": "at least", "custom.fillOpacity": 20,
    },
}  # fmt: skip


def _bounds(figure: Figure) -> list[Query]:
    """The ends of the interval, where there is one."""
    return [Query(figure.lower, "at least"), Query(figure.upper, "at most")] if figure.info.interval else []


def compared(figure: Figure, *, width: int, height: int = 8) -> Panel:
    """The score over time, and the score of the window before each point's."""
    info, shown = figure.info, display(figure.info)
    said = "Each point beside the window of the same length that ended when its own began. " + scale(info)
    queries = [Query(figure.shown, "now"), Query(figure.earlier().shown, "one window earlier")]
    return lines(
        About(f"{title(figure)} and one window earlier", said, shown.unit, width, height, nothing=_ALONE),
        queries, limits=shown.axis, colors={"now": CALM, "one window earlier": EARLIER},
    )  # fmt: skip


def change(figure: Figure, *, width: int, height: int = 5) -> Panel:
    """By how much the score has changed since the window before, and whether that is more than chance."""
    info, shown = figure.info, display(figure.info)
    queries = [Query(figure.change, "change")]
    said = "The score less that of the window of the same length before it"
    if info.interval:
        low, high = figure.change_bound(upper=False), figure.change_bound(upper=True)
        queries += [Query(low, "at least"), Query(high, "at most"), Query(figure.changed, "that is")]
        said += ", with the 95 % interval of the difference. Within chance: the interval holds 0"
    words = verdict(info, "better", "within chance", "worse")
    return numbers(
        About(f"{title(figure)}: change", f"{said}.", shown.unit, width, height, nothing=_ALONE), queries,
        decimals=shown.decimals, overrides={"that is": {"mappings": words, "unit": "none", "decimals": 0}},
    )  # fmt: skip


def by_member(figure: Figure, *, width: int, scope: str = "") -> Panel:
    """The score of each member over time."""
    shown = display(figure.info)
    said = f"{definition(figure)} One line for each. A gap: {too_few(figure)}, or none."
    title = f"{figure.info.title}{scope and f' by {scope}'} over time"
    about = About(title, said, shown.unit, width, nothing=f"no {counted(figure)}")
    return lines(about, [Query(figure.shown, "{{member}}")], limits=shown.axis)


def _kept(figure: Figure) -> str:
    """The chosen label of its rows, in a link."""
    return f"&${{{figure.kpi.label}:queryparam}}" if figure.kpi.label else ""


def members(figure: Figure, *, scope: str, width: int, height: int = 9, people: bool = False) -> Panel:
    """Every member of a scope, the one that needs help first, with its interval, sample and difference from all.

    Of single `people` there is no such order, and there are none where their scope is off.
    """
    info, shown = figure.info, display(figure.info)
    colored: dict[str, object] = {"custom.cellOptions": {"type": "color-text"}}
    words = verdict(info, "better", "no clear difference", "worse")
    aim = verdict(info, MET, NOT_SURE, MISSED)
    columns = [
        Column(figure.shown, "Score", shown.unit, shown.decimals, [withheld(too_few(figure))]),
        *(Column(bound.expr, bound.legend.capitalize(), shown.unit, shown.decimals) for bound in _bounds(figure)),
        Column(figure.n, counted(figure).capitalize()),
        *([Column(figure.against_whole(), "Than all", mappings=words, more=colored)] if info.interval else ()),
        *([Column(figure.against(figure.target), "Target", mappings=aim, more=colored)] if figure.has_target else ()),
    ]
    said = f"{'By pseudonym, in no order of merit' if people else 'Worst first'}. {scale(info)} "
    nothing = f"no {counted(figure)}{', or the scope is off' if people else ''}"
    if info.interval:
        said += "The interval is that of 95 %; “Than all” says whether all of it lies on one side of the score of all. "
    said += f"A score is {states(figure)}."
    return rows(
        About(f"{title(figure)} by {scope}", said, shown.unit, width, height, nothing), columns,
        sort="Member" if people else "Score", descending=not people and not info.higher_is_better,
        labels={"member": "Member"}, link=_IN_DEPTH.format(kpi=figure.kpi.name, scope=scope, more=_kept(figure)),
    )  # fmt: skip
