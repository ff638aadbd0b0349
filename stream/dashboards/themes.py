"""Panels of themes, which have a row each: how often they are mentioned, by whom, and which ones grow."""

from grafana_foundation_sdk.models.dashboard import Panel

from stream.dashboards.display import display, verdict, withheld
from stream.dashboards.panels import About, Query, bars, lines
from stream.dashboards.queries import MEMBER, WHOLE, Figure
from stream.dashboards.scores import too_few
from stream.dashboards.tables import Column, rows

#: The label of their rows.
LABEL = "theme"
_TEXT = {"custom.cellOptions": {"type": "color-text"}}
_NOTHING = "no comments with a theme"
_LINK = (
    "/d/feedback-kpi-themes?${datasource:queryparam}&${window:queryparam}&${scope:queryparam}&${member:queryparam}"
    "&var-theme=${__value.raw:percentencode}&${__url_time_range}"
)


def _shares(where: str) -> Figure:
    return Figure.of("themes", where).each()


def most(*, width: int, height: int) -> Panel:
    """The themes that are mentioned most."""
    share = _shares(WHOLE)
    said = (
        "The share of comments that mention each theme, the five most frequent ones. *Voice of the customer* has all."
    )
    about = About("Most mentioned themes", said, display(share.info).unit, width, height, _NOTHING)
    return bars(about, [Query(f"topk(5, {share.value})", "{{theme}}")])


def worst(*, width: int, height: int) -> Panel:
    """Every theme with the NPS of those who mention it, the lowest first."""
    nps, share = Figure.of("themes_nps", MEMBER).each(), _shares(MEMBER)
    points, part = display(nps.info), display(share.info)
    words = verdict(nps.info, "better", "no clear difference", "worse")
    all_answers = f"max ({Figure.of('nps', MEMBER).value})"
    columns = [
        Column(nps.shown, "NPS", points.unit, points.decimals, [withheld()]),
        Column(nps.lower, "At least", points.unit, points.decimals),
        Column(nps.upper, "At most", points.unit, points.decimals),
        Column(nps.against(all_answers), "Than all answers", mappings=words, more=_TEXT),
        Column(share.n, "Comments"),
        Column(share.shown, "Share of comments", part.unit, part.decimals, [withheld(too_few(share))]),
        Column(share.lower, "Share at least", part.unit, part.decimals),
        Column(share.upper, "Share at most", part.unit, part.decimals),
    ]
    said = (
        "The Net Promoter Score of those whose comment mentions a theme, worst first, with its 95 % interval; “than "
        "all answers” says whether all of it lies on one side of the NPS of all. The share is that of all comments, "
        "with themes or without; not all of them come with an NPS."
    )
    about = About("Themes: who mentions them", said, points.unit, width, height, _NOTHING)
    return rows(about, columns, sort="NPS", descending=False, labels={LABEL: "Theme"}, link=_LINK)


def trend(*, width: int, height: int) -> Panel:
    """The share of each theme over time."""
    share = _shares(MEMBER)
    said = (
        "The share of comments that mention each theme; a comment can mention several. Choose a longer window where "
        "lines jump: few comments move them by chance. A gap: too few comments, or none."
    )
    about = About("Themes over time", said, display(share.info).unit, width, height, _NOTHING)
    return lines(about, [Query(share.shown, "{{theme}}")])


def shares(*, width: int, height: int) -> Panel:
    """The share of each theme now."""
    share = _shares(MEMBER)
    said = (
        "The share of comments that mention each theme; together they can be more than all, for one mentions several."
    )
    about = About("Themes now", said, display(share.info).unit, width, height, _NOTHING)
    return bars(about, [Query(f"sort_desc({share.value})", "{{theme}}")])


def growth(*, width: int, height: int) -> Panel:
    """By how much each theme has grown since the window before."""
    share = _shares(MEMBER)
    part = display(share.info)
    columns = [
        Column(share.change, "Change", part.unit, part.decimals),
        Column(share.change_bound(upper=False), "At least", part.unit, part.decimals),
        Column(share.change_bound(upper=True), "At most", part.unit, part.decimals),
        Column(share.changed, "That is", mappings=verdict(share.info, "less", "within chance", "more"), more=_TEXT),
        Column(share.value, "Now", part.unit, part.decimals),
        Column(share.earlier().value, "Before", part.unit, part.decimals),
        Column(share.n, "Comments"),
    ]
    said = (
        "The share of comments less that in the window of the same length before, with the 95 % interval of the "
        "difference, the greatest growth first. Of twenty themes that stay as they are, one leaves chance by chance."
    )
    about = About("Themes: change", said, part.unit, width, height, "nothing to compare")
    return rows(about, columns, sort="Change", descending=True, labels={LABEL: "Theme"}, link=_LINK)
