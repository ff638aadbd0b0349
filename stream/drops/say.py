"""An alert as a sentence for people."""

from stream.drops.alerts import Alert
from stream.events.times import isoformat
from stream.kpi import KPIS


def sentence(alert: Alert) -> str:
    """What an alert says, in one line.

    >>> from stream.drops.explain import Part
    >>> alert = Alert("nps", "all", "all", "raised", 660, 600, None, 21.3, 14, 28.6, 30.2, 1985, 78, 374,
    ...               explained_by=(Part("channel", "phone", 0.82, 17.1, 0.4),))
    >>> print(sentence(alert))
    1970-01-01T00:11:00Z  NPS of all is 21.3 points below its usual 30.2 (95 %: 14.0 to 28.6) since
    1970-01-01T00:10:00Z: channel phone (82 % of it)
    >>> print(sentence(alert.closed(4200, 4000, accepted=False)))
    1970-01-01T01:10:00Z  NPS of all is as usual again since 1970-01-01T01:06:40Z, after a drop of 21.3 points from
    1970-01-01T00:10:00Z on
    """
    info = KPIS[alert.kpi].scores()[0]
    watch = KPIS[alert.kpi].watch
    word = watch.word if watch is not None else "drop"
    whose = "all" if alert.scope == "all" else f"{alert.scope} {alert.member}"
    short = alert.kpi.upper().replace("ENPS", "eNPS")
    name = f"{isoformat(alert.at)}  {short if len(short) < 5 else info.title} of {whose}"
    size = _figure(alert.drop, info.unit, unit=True)
    if alert.state == "resolved" and alert.accepted:
        return f"{name} stays where it is: a {word} of {size} since {isoformat(alert.begin)} has become what is usual"
    if alert.state == "resolved":
        since = isoformat(alert.end if alert.end is not None else alert.at)
        return f"{name} is as usual again since {since}, after a {word} of {size} from {isoformat(alert.begin)} on"
    side = "above" if word == "rise" else "below"
    bounds = " to ".join(_figure(bound, info.unit, unit=True).split()[0] for bound in (alert.lower, alert.upper))
    said = f"{name} is {size} {side} its usual {_figure(alert.baseline, info.unit)} (95 %: {bounds})"
    why = ", ".join(f"{part.scope} {part.member} ({100 * part.share:.0f} % of it)" for part in alert.explained_by)
    return f"{said} since {isoformat(alert.begin)}{': ' + why if why else ''}"


def _figure(value: float, kind: str, *, unit: bool = False) -> str:
    """A figure of a score, with the name of its unit where it stands by itself.

    >>> _figure(0.123, "ratio"), _figure(0.123, "ratio", unit=True), _figure(0.41, "ease", unit=True)
    ('12.3 %', '12.3 points', '0.41')
    """
    if kind == "ratio":
        return f"{100 * value:.1f}{' points' if unit else ' %'}"
    return f"{value:.2f}" if kind == "ease" else f"{value:.1f}{' points' if unit else ''}"
