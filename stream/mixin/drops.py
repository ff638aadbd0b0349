"""Alerts on real changes of scores, which the service has told from chance, with what explains them."""

from typing import NamedTuple

from stream.drops.names import DropNames
from stream.kpi import KPIS, Accumulator
from stream.mixin import config
from stream.mixin.alert import Alert, Example, asked


class Shown(NamedTuple):
    """How figures of a unit stand in a message: what they are multiplied by, their form, and the names of units."""

    factor: str
    form: str
    level: str
    change: str

    def figure(self, query: str, *labels: str) -> str:
        """A template for a level that a query finds."""
        form = f' {{{{ . | first | value | printf "{self.form}" }}}}{self.level}'
        return asked(f"{self.factor}{query}", form, *labels)


_SHOWN = {
    "points": Shown("", "%.1f", "", " points"),
    "ratio": Shown("100 * ", "%.1f", " %", " percentage points"),
    "ease": Shown("", "%.2f", "", ""),
}
_BY = "max by (scope, member)"
_CHART = "{scope=%q,member=%q}"
_OWN = "scope", "member"
_WHOSE = '{{ if ne $labels.scope "all" }} of {{ $labels.scope }} {{ $labels.member }}{{ end }}'
_SINCE = ' since {{ (. | first | value | toTime).UTC.Format "2 Jan 15:04" }} UTC'


def alerts() -> list[Alert]:
    """One for each KPI that is watched."""
    return [changed(kpi) for kpi in KPIS.values() if kpi.watch is not None]


def changed(kpi: type[Accumulator]) -> Alert:
    """A real change, told from chance by the service itself."""
    assert kpi.watch is not None  # noqa: S101
    info, names, past = kpi.scores()[0], DropNames.of(kpi), kpi.watch.past
    shown, lasting = _SHOWN[info.unit], " in 30 days" if kpi.levels else ""
    side, sign, long = ("above", "+", "higher") if kpi.watch.rises else ("below", "-", "lower")
    usual, size = f"max({names.usual}{_CHART})", f"max({names.size}{_CHART})"
    return Alert(
        name=f"Feedback{kpi.name.capitalize()}{past.capitalize()}",
        severity="inform",
        keep="10m",
        labels={"kpi": kpi.name},
        expr=f"{shown.factor}{_BY} ({names.size})\nand on (scope, member) {_BY} ({names.raised}) == 1",
        summary=f"{info.title} has {past}",
        description=f"{info.title}{_WHOSE} has been{shown.figure(f'({usual} {sign} {size})', *_OWN, *_OWN)}{lasting}"
        + asked(f"max({names.begin}{_CHART})", _SINCE, *_OWN)
        + f', {{{{ $value | printf "{shown.form}" }}}}{shown.change} {side} its usual{shown.figure(usual, *_OWN)}.'
        + _explained(names.explained),
        why="The service decides, by the settings for drops: a change of that size is told from chance with a known, "
        "small number of false alarms. It goes on firing for ten minutes, so that a restart does not end it.",
        steps=f"""
            The message names the members that explain it, and since when; the dashboard shows how it goes on.
            The board of the service and `feedback.alerts` have the interval of the {kpi.watch.word} as well.

            Read what these customers say, and ask what changed there then: a {long} value has a begin.

            If invitations or the questionnaire were changed, it may be who is asked, not what they think.
        """,
        dashboard=config.ONE_KPI + kpi.name,
        fires=_fires(names, shown, info.title, side, lasting),
        quiet=Example({f"{names.size}{_PHONE}": "0.25x30", f"{names.raised}{_PHONE}": "0x30"}, at="15m"),
    )


def _explained(metric: str) -> str:
    """The members that a change comes from, the greatest part first; nothing where it is everywhere alike.

    A part can be more than the whole, where others got better meanwhile; a message says that it is all.
    """
    each = "{{ if $at }},{{ end }} {{ $part.Labels.by_scope }} {{ $part.Labels.by_member }}"
    each += ' ({{ if ge $part.Value 99.5 }}all{{ else }}{{ $part | value | printf "%.0f" }} %{{ end }} of it)'
    return asked(
        f"sort_desc(100 * max by (by_scope, by_member) ({metric}{_CHART}))",
        f" Where it comes from, one dimension at a time:{{{{ range $at, $part := . }}}}{each}{{{{ end }}}}.",
        *_OWN,
    )


_PHONE = '{scope="channel",member="phone"}'


def _fires(names: DropNames, shown: Shown, title: str, side: str, lasting: str) -> Example:
    """The phone, as two workers show it, and what is said of it."""
    parts = {("segment", "premium"): "0.25", ("touchpoint", "billing"): "1.02"}
    series = {f'{names.explained}{_PHONE[:-1]},by_scope="{scope}",by_member="{member}"}}': f"{share}x30"
              for (scope, member), share in parts.items()}  # fmt: skip
    for worker in ("a", "b"):
        own = f'{_PHONE[:-1]},instance="{worker}"}}'
        series |= {
            f"{names.size}{own}": "0.25x30", f"{names.raised}{own}": "0x10 1x20",
            f"{names.usual}{own}": "0.5x30", f"{names.begin}{own}": "1772443800x30",
        }  # fmt: skip
    scale = 100 if shown.factor else 1
    now, change, usual = (shown.form % (scale * value) for value in (0.75 if side == "above" else 0.25, 0.25, 0.5))
    return Example(
        series,
        at="15m",
        labels={"scope": "channel", "member": "phone"},
        says=f"{title} of channel phone has been {now}{shown.level}{lasting} since 2 Mar 09:30 UTC, "
        f"{change}{shown.change} {side} its usual {usual}{shown.level}. Where it comes from, one dimension at a time: "
        "touchpoint billing (all of it), segment premium (25 % of it).",
    )
