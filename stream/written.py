"""Settings as they are written: durations, lists, windows, times by channel, KPIs."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from stream.kpi import KPIS
from stream.windows import Window, seconds


def read_duration(value: Any) -> Any:
    """Seconds of a duration that is written with a unit; anything else as it is."""
    return seconds(value) if isinstance(value, str) and not value.isdigit() else value


def read_items(value: Any) -> Any:
    """The items of a list.

    Raises:
        ValueError: if it is none.
    """
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, list):
        return value
    msg = f"a list is written with commas, or as a list of TOML; got {value!r}"
    raise ValueError(msg)


def read_windows(value: Any) -> Any:
    """The windows of a list."""
    return [Window.parse(item) if isinstance(item, str) else item for item in read_items(value)]


def read_times(value: Any) -> Any:
    """Seconds by channel, from `channel:duration` with commas between them, or a table.

    Raises:
        ValueError: naming what is not written so.

    >>> read_times("phone:60s,*:1h")
    {'phone': 60, '*': 3600}
    """
    items = (
        read_items(value) if not isinstance(value, dict) else [f"{channel}:{time}" for channel, time in value.items()]
    )
    targets = {}
    for item in items:
        channel, colon, time = item.rpartition(":")
        if not colon or not channel.strip():
            msg = f"a target is written channel:duration, such as `phone:60s`; got {item!r}"
            raise ValueError(msg)
        targets[channel.strip()] = int(read_duration(time.strip()))
    return targets


def read_kpis(value: Any) -> Any:
    """The names of KPIs, in display order.

    Raises:
        ValueError: if there is none, if there is no such KPI, or if one looks at another that is not among them.

    >>> read_kpis("csat, nps")
    ['nps', 'csat']
    """
    names = read_items(value)
    for name in names:
        if name not in KPIS:
            msg = f"a KPI is one of {', '.join(KPIS)}; got {name!r}"
            raise ValueError(msg)
        for other in KPIS[name].needs:
            if other not in names:
                msg = f"{name} looks at {other}, which must be named as well; got {', '.join(names)}"
                raise ValueError(msg)
    if not names:
        msg = "name at least one KPI; got none"
        raise ValueError(msg)
    return [name for name in KPIS if name in names]


Duration = Annotated[int, BeforeValidator(read_duration), Field(gt=0)]
