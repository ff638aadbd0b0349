"""Alerts on programs that none is left of."""

from typing import Any

from stream.mixin import config
from stream.mixin.alert import Alert, Example


def down(
    job: str, port: int, minutes: int, *, known: bool, says: str, quiet: Example | None = None, **own: Any
) -> Alert:
    """Nobody of a job answers; where `known`, only if somebody did within a day: what is not installed is not missed.

    `says` is the description in the example that fires, `own` is what the alert has besides.
    """
    up = f'up{{job="{job}"'
    first, second = (f'{up},instance="{host}:{port}"}}' for host in "ab")
    after = minutes + 18
    return Alert(
        wait=f"{minutes}m",
        expr=f"absent({up}}} == 1)" + (f"\nand on () count(last_over_time({up}}}[1d]))" if known else ""),
        dashboard=config.PIPELINE,
        fires=Example(
            {first: f"1x10 0x{after}", second: "1x10 stale" if known else f"1x10 0x{after}"}, at=f"{after}m", says=says
        ),
        # One of two is enough.
        quiet=quiet or Example({first: f"1x10 0x{after}", second: f"1x{after + 10}"}, at=f"{after}m"),
        **own,
    )
