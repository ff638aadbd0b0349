"""From settings to the schemes of the grids: which windows keep which scopes, and for how long."""

from stream.kpi import Accumulator
from stream.panes import Scheme
from stream.privacy import Pseudonyms
from stream.settings import AGENT, DIMENSIONS, Scope, Settings


def schemes(settings: Settings, slack: int | None = None, kpi: type[Accumulator] = Accumulator) -> tuple[Scheme, ...]:
    """The scheme of a KPI's scopes, and that of the cross where there is one.

    Panes are kept `slack` seconds behind the windows at stream time: left out, as long as late events may still come.
    """
    positions: dict[Scope, int] = {name: position for position, name in enumerate((*DIMENSIONS, AGENT))}
    names = settings.scopes if kpi.individual else settings.groups
    slack = settings.max_ahead + settings.grace if slack is None else slack
    scopes = Scheme(
        ("all", *names),
        ((), *((positions[name],) for name in names)),
        _sizes(settings, 0),
        slack,
        settings.max_members,
        kpi.label is not None,
        Pseudonyms.from_settings(settings).fingerprint.decode() if AGENT in names else "",
    )
    crossed = _sizes(settings, settings.cross_from)
    if not settings.cross or not crossed or not kpi.crossed:
        return (scopes,)
    group = tuple(positions[name] for name in settings.cross)
    cross = Scheme((cross_name(settings),), (group,), crossed, slack, settings.max_crosses, scopes.labelled)
    return (scopes, cross)


def cross_name(settings: Settings) -> str:
    """The scope of the cross, such as `channel,touchpoint,segment`."""
    return ",".join(settings.cross)


def _sizes(settings: Settings, smallest: int) -> dict[int, int]:
    """The longest window of each advance, of those of at least the smallest size."""
    sizes: dict[int, int] = {}
    for window in settings.windows:
        if window.size >= smallest:
            sizes[window.advance] = max(window.size, sizes.get(window.advance, 0))
    return sizes


def horizon(settings: Settings) -> int:
    """Seconds behind stream time beyond which an event can no longer count in any window: it is late."""
    return max(window.size for window in settings.windows) + settings.max_ahead + settings.grace
