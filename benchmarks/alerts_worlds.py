"""The worlds of the alerts benchmark: what simulated customers answer, and when."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class World(NamedTuple):
    """What the simulated customers are like.

    `nps` is their mean at each hour of the day, `volume` how many answer in it relative to the mean; `later` is what
    the mean is moved by from the end of the baseline on, for good; up in half of the runs if it can go `either` way.
    """

    name: str
    nps: Floats
    volume: Floats
    later: float = 0.0
    either: bool = False


def worlds() -> list[World]:
    """Steady; with a daily rhythm; and with one that comes of channels, whose shares move for good as well."""
    hour = np.arange(24)
    busy = 1 + 0.9 * np.sin((hour - 7) / 24 * 2 * np.pi)
    rhythm = 0.30 + 0.10 * np.sin(hour / 24 * 2 * np.pi)
    # Phone at +25 and web at +35: by night the web has two thirds, by day two fifths; then 8 in 100 move, either way.
    web = 0.53 + 0.13 * np.cos(hour / 24 * 2 * np.pi)
    mixed = 0.25 * (1 - web) + 0.35 * web
    return [
        World("steady", np.full(24, 0.30), np.ones(24)),
        World("daily rhythm of ±10 points", rhythm, busy),
        World("rhythm and shift of the channels", mixed, busy, later=-0.08 * 0.10, either=True),
    ]


def draw(chance: np.random.Generator, mean: Floats) -> Floats:
    """An answer of −1, 0 or 1 for each mean, of which three in ten are passive."""
    promoters = np.clip(0.35 + mean / 2, 0.0, 0.7)
    dice = chance.random(mean.shape)
    return np.where(dice < promoters, 1.0, np.where(dice < promoters + 0.3, 0.0, -1.0))
