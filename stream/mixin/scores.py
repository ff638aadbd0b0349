"""Alerts on the scores: real changes that the service has found, and targets that are surely missed."""

from stream.kpi import KPIS, SCORES, ScoreInfo
from stream.mixin import config
from stream.mixin.alert import Alert, Example, asked
from stream.mixin.config import Target
from stream.mixin.recording import recorded

#: How a template shows a score, by its unit.
_SHOWN = {"points": 'printf "%.1f"', "ratio": "humanizePercentage", "ease": 'printf "%.2f"'}

#: How much it has changed, by the unit of the score: its form, what it is counted in, and what makes it so.
_CHANGES = {
    "points": ("%.1f", " points", ""),
    "ratio": ("%.1f", " percentage points", "100 * "),
    "ease": ("%.2f", "", ""),
}


def alerts() -> list[Alert]:
    """Those of every watch and every target."""
    return [*map(changed, config.WATCHES), *map(missed, config.TARGETS)]


def watched(kpi: str) -> tuple[str, str, str]:
    """What has happened to a KPI, the metric that is 1 where it has, and that of how much.

    >>> watched("nps"), watched("churn")[1:]
    (('dropped', 'feedback_nps_dropped', 'feedback_nps_drop_points'),
     ('feedback_churn_risen', 'feedback_churn_rise_ratio'))
    """
    info = KPIS[kpi].scores()[0]
    past, word = ("dropped", "drop") if info.higher_is_better else ("risen", "rise")
    return past, f"feedback_{kpi}_{past}", f"feedback_{kpi}_{word}_{info.unit}"


def changed(kpi: str) -> Alert:
    """A real change, told from chance by the service itself."""
    info = KPIS[kpi].scores()[0]
    past, raised, size = watched(kpi)
    way, long = ("down", "lower") if info.higher_is_better else ("up", "higher")
    form, unit, factor = _CHANGES[info.unit]
    by = "max by (scope, member)"
    place = 'scope="channel",member="phone"'
    now = asked(
        f"max({info.metric}{{window='24h',scope=%q,member=%q}})",
        f" Over 24 h it is {{{{ . | first | value | {_SHOWN[info.unit]} }}}}.",
        "scope", "member",
    )  # fmt: skip
    return Alert(
        name=f"Feedback{kpi.capitalize()}{past.capitalize()}",
        severity="inform",
        keep="10m",
        labels={"kpi": kpi},
        expr=f"{factor}{by} ({size})\nand on (scope, member) {by} ({raised}) == 1",
        summary=f"{info.title} has {past} ({{{{ $labels.scope }}}} {{{{ $labels.member }}}})",
        description=f"{info.title} of {{{{ $labels.scope }}}} {{{{ $labels.member }}}} is {way} by "
        f'{{{{ $value | printf "{form}" }}}}{unit}, which is no chance.{now}',
        why="The service decides, by the settings for drops: a change of that size is told from chance with a known, "
        "small number of false alarms. It goes on firing for ten minutes, so that a restart does not end it.",
        steps=f"""
            See since when, and what explains it: the board of the service, or `feedback.alerts`, names the
            members that contribute most.

            Read what these customers say, and ask what changed there then: a {long} value has a begin.

            If invitations or the questionnaire were changed, it may be who is asked, not what they think.
        """,
        dashboard=config.ONE_KPI + kpi,
        fires=Example(
            {f"{size}{{{place},instance={each}}}": "0.25x30" for each in ('"a"', '"b"')}
            | {f"{raised}{{{place},instance={each}}}": "0x10 1x20" for each in ('"a"', '"b"')}
            | {f'{info.metric}{{{place},window="24h"}}': "0.5x30"},
            at="15m",
            labels={"scope": "channel", "member": "phone"},
            says=f"{info.title} of channel phone is {way} by {form % (25 if factor else 0.25)}{unit}, "
            f"which is no chance. Over 24 h it is {_number(info, 0.5)}.",
        ),
        quiet=Example(
            {f"{size}{{{place}}}": "0.25x30", f"{raised}{{{place}}}": "0x30"}, at="15m"
        ),
    )  # fmt: skip


def missed(target: Target) -> Alert:
    """A score that is on the wrong side of its target with its whole interval."""
    kpi, info = SCORES[target.score]
    bound, sign, at = ("_upper", "<", "at most") if info.higher_is_better else ("_lower", ">", "at least")
    value, edge = (f'{recorded(info.metric + suffix)}{{window="{target.window}"}}' for suffix in ("", bound))
    count = f'{recorded(f"feedback_{kpi.name}_sample_size")}{{window="{target.window}"}}'
    shown = _SHOWN[info.unit]
    score, n = (
        asked(query.replace('"', "'"), f"{{{{ . | first | value | {form} }}}}")
        for query, form in ((value, shown), (count, 'printf "%.0f"'))
    )
    wide, near = 0.9 * target.value, 1.1 * target.value
    own = f'scope="all",member="all",window="{target.window}"'
    below, above = (wide, near) if info.higher_is_better else (near, wide)
    return Alert(
        name=f"Feedback{target.score.capitalize()}TargetMissed",
        severity="inform",
        wait="1h",
        labels={"kpi": kpi.name},
        expr=f"{edge} {sign} {target.value:g}",
        summary=f"{info.title} misses its target",
        description=f"{info.title} over {target.window} is {score}, with 95 % certainty {at} {{{{ $value | {shown} }}}}"
        f"; the target is {_number(info, target.value)}. {n} are behind it.",
        why=f"Target {_number(info, target.value)} over {target.window}: {target.why} It is missed only where the "
        "whole interval of the score is: with few answers, nothing can be said.",
        steps="""
            See which members pull it away from the target: the table of members, by sample size and score.

            If the target is no longer right, change it in `stream/mixin/config.py`, and `make generate`.
        """,
        dashboard=config.EXPERIENCE,
        fires=Example(
            {
                f"{info.metric}{{{own}}}": f"{below:g}x90",
                f"{info.metric}{bound}{{{own}}}": f"{below:g}x90",
                f"feedback_{kpi.name}_sample_size{{{own}}}": "400x90",
            },
            at="80m",
            labels={"window": target.window},
            says=f"{info.title} over {target.window} is {_number(info, below)}, with 95 % certainty {at} "
            f"{_number(info, below)}; the target is {_number(info, target.value)}. 400 are behind it.",
        ),
        # The score itself misses it, but not its whole interval.
        quiet=Example(
            {f"{info.metric}{{{own}}}": f"{below:g}x90", f"{info.metric}{bound}{{{own}}}": f"{above:g}x90"}, at="80m"
        ),
    )


def _number(info: ScoreInfo, value: float) -> str:
    """A score as its template shows it.

    >>> _number(SCORES["csat"][1], 0.72), _number(SCORES["ces"][1], 5.5)
    ('72%', '5.50')
    """
    return {"points": f"{value:.1f}", "ratio": f"{value * 100:.4g}%", "ease": f"{value:.2f}"}[info.unit]
