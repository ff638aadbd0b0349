"""Alerts on scores that surely miss their targets."""

from stream.kpi import SCORES, ScoreInfo
from stream.mixin import config
from stream.mixin.alert import Alert, Example, asked
from stream.mixin.config import Aim
from stream.mixin.recording import recorded
from stream.targets import TARGETS

#: How a template shows a score, by its unit.
SHOWN = {"points": 'printf "%.1f"', "ratio": "humanizePercentage", "ease": 'printf "%.2f"'}


def alerts() -> list[Alert]:
    """One for each aim."""
    return [missed(aim) for aim in config.AIMS]


def missed(aim: Aim) -> Alert:
    """A score that is on the wrong side of its target with its whole interval."""
    kpi, info = SCORES[aim.score]
    bound, sign, at = ("_upper", "<", "at most") if info.higher_is_better else ("_lower", ">", "at least")
    value, edge = (f'{recorded(info.metric + suffix)}{{window="{aim.window}"}}' for suffix in ("", bound))
    count = f'{recorded(f"feedback_{kpi.name}_sample_size")}{{window="{aim.window}"}}'
    target, shown = f"max({info.metric}_target)", SHOWN[info.unit]
    score, wanted, n = (
        asked(query.replace('"', "'"), f"{{{{ . | first | value | {form} }}}}")
        for query, form in ((value, shown), (target, shown), (count, 'printf "%.0f"'))
    )
    example = TARGETS[aim.score]
    wide, near = 0.9 * example, 1.1 * example
    own = f'scope="all",member="all",window="{aim.window}"'
    below, above = (wide, near) if info.higher_is_better else (near, wide)
    series = {f"{info.metric}_target": f"{example:g}x90", f"{info.metric}{{{own}}}": f"{below:g}x90"}
    return Alert(
        name=f"Feedback{aim.score.capitalize()}TargetMissed",
        severity="inform",
        wait="1h",
        labels={"kpi": kpi.name},
        expr=f"{edge}\n{sign} on () group_left () {target}",
        summary=f"{info.title} misses its target",
        description=f"{info.title} over {aim.window} is {score}, with 95 % certainty {at} {{{{ $value | {shown} }}}}"
        f"; the target is {wanted}. {n} are behind it.",
        why=f"The target is that of the service's setting `targets`. {aim.why} It is missed only where the whole "
        "interval of the score is: with few answers, nothing can be said.",
        steps="""
            See which members pull it away from the target: the table of members, by sample size and score.

            If the target is no longer right, change the setting `targets` of the workers.
        """,
        dashboard=config.EXPERIENCE,
        fires=Example(
            series
            | {f"{info.metric}{bound}{{{own}}}": f"{below:g}x90"}
            | {f"feedback_{kpi.name}_sample_size{{{own}}}": "400x90"},
            at="80m",
            labels={"window": aim.window},
            says=f"{info.title} over {aim.window} is {number(info, below)}, with 95 % certainty {at} "
            f"{number(info, below)}; the target is {number(info, example)}. 400 are behind it.",
        ),
        # The score itself misses it, but not its whole interval.
        quiet=Example(series | {f"{info.metric}{bound}{{{own}}}": f"{above:g}x90"}, at="80m"),
    )  # fmt: skip


def number(info: ScoreInfo, value: float) -> str:
    """A score as its template shows it.

    >>> number(SCORES["csat"][1], 0.72), number(SCORES["ces"][1], 5.5)
    ('72%', '5.50')
    """
    return {"points": f"{value:.1f}", "ratio": f"{value * 100:.4g}%", "ease": f"{value:.2f}"}[info.unit]
