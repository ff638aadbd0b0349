"""Alerts on real changes of scores, which the service has told from chance, with what explains them."""

from stream.drops.names import DropNames
from stream.kpi import KPIS, Accumulator, ScoreInfo
from stream.mixin import config
from stream.mixin.alert import Alert, Example, asked
from stream.mixin.targets import SHOWN, number

#: How much it has changed, by the unit of the score: its form, what it is counted in, and what makes it so.
_CHANGES = {
    "points": ("%.1f", " points", ""),
    "ratio": ("%.1f", " percentage points", "100 * "),
    "ease": ("%.2f", "", ""),
}
_BY = "max by (scope, member)"
_CHART = "scope=%q,member=%q"
_WHOSE = '{{ if ne $labels.scope "all" }} of {{ $labels.scope }} {{ $labels.member }}{{ end }}'


def alerts() -> list[Alert]:
    """One for each KPI that is watched."""
    return [changed(kpi) for kpi in KPIS.values() if kpi.watch is not None]


def changed(kpi: type[Accumulator]) -> Alert:
    """A real change, told from chance by the service itself."""
    assert kpi.watch is not None  # noqa: S101
    info, names, past = kpi.scores()[0], DropNames.of(kpi), kpi.watch.past
    form, unit, factor = _CHANGES[info.unit]
    side, long = ("above", "higher") if kpi.watch.rises else ("below", "lower")
    lasting = " in 30 days" if kpi.levels else ""
    place = 'scope="channel",member="phone"'
    part = f'{names.explained}{{{place},by_scope="%s",by_member="%s"}}'
    return Alert(
        name=f"Feedback{kpi.name.capitalize()}{past.capitalize()}",
        severity="inform",
        keep="10m",
        labels={"kpi": kpi.name},
        expr=f"{factor}{_BY} ({names.size})\nand on (scope, member) {_BY} ({names.raised}) == 1",
        summary=f"{info.title} has {past}",
        description=f"{info.title}{_WHOSE} is {{{{ $value | printf \"{form}\" }}}}{unit} {side} its usual"
        + _told(names.usual, f" {{{{ . | first | value | {SHOWN[info.unit]} }}}}") + lasting
        + _told(names.begin, ', since {{ (. | first | value | toTime).UTC.Format "2 Jan 15:04" }} UTC') + "."
        + _explained(names.explained) + ("" if kpi.levels else _now(info)),
        why="The service decides, by the settings for drops: a change of that size is told from chance with a known, "
        "small number of false alarms. It goes on firing for ten minutes, so that a restart does not end it.",
        steps=f"""
            The message names the members that explain it, and since when. The board of the service, the
            dashboard and `feedback.alerts` have the same, with the interval of the {kpi.watch.word}.

            Read what these customers say, and ask what changed there then: a {long} value has a begin.

            If invitations or the questionnaire were changed, it may be who is asked, not what they think.
        """,
        dashboard=config.ONE_KPI + kpi.name,
        fires=Example(
            {f"{names.size}{{{place},instance={each}}}": "0.25x30" for each in ('"a"', '"b"')}
            | {f"{names.raised}{{{place},instance={each}}}": "0x10 1x20" for each in ('"a"', '"b"')}
            | {f"{names.usual}{{{place},instance={each}}}": "0.75x30" for each in ('"a"', '"b"')}
            | {f"{names.begin}{{{place}}}": "1772443800x30"}
            | {part % ("segment", "premium"): "0.25x30", part % ("touchpoint", "billing"): "1.02x30"}
            | {f'{info.metric}{{{place},window="24h"}}': "0.5x30"},
            at="15m",
            labels={"scope": "channel", "member": "phone"},
            says=f"{info.title} of channel phone is {form % (25 if factor else 0.25)}{unit} {side} its usual "
            f"{number(info, 0.75)}{lasting}, since 2 Mar 09:30 UTC. Where it comes from, one dimension at a time: "
            "touchpoint billing (all of it), segment premium (25 % of it)."
            + ("" if kpi.levels else f" Over 24 h it is {number(info, 0.5)}."),
        ),
        quiet=Example(
            {f"{names.size}{{{place}}}": "0.25x30", f"{names.raised}{{{place}}}": "0x30"}, at="15m"
        ),
    )  # fmt: skip


def _told(metric: str, form: str) -> str:
    """What a metric says of the chart."""
    return asked(f"max({metric}{{{_CHART}}})", form, "scope", "member")


def _now(info: ScoreInfo) -> str:
    form = f" Over 24 h it is {{{{ . | first | value | {SHOWN[info.unit]} }}}}."
    return asked(f"max({info.metric}{{window='24h',{_CHART}}})", form, "scope", "member")


def _explained(metric: str) -> str:
    """The members that a change comes from, the greatest part first; nothing where it is everywhere alike.

    A part can be more than the whole, where others got better meanwhile; a message says that it is all.
    """
    each = "{{ if $at }},{{ end }} {{ $part.Labels.by_scope }} {{ $part.Labels.by_member }}"
    each += ' ({{ if ge $part.Value 99.5 }}all{{ else }}{{ $part | value | printf "%.0f" }} %{{ end }} of it)'
    return asked(
        f"sort_desc(100 * max by (by_scope, by_member) ({metric}{{{_CHART}}}))",
        f" Where it comes from, one dimension at a time:{{{{ range $at, $part := . }}}}{each}{{{{ end }}}}.",
        "scope",
        "member",
    )
