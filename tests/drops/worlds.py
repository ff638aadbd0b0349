"""Series of made-up answers for the charts, and streams of them for the detector."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from stream.drops.series import Series
from stream.events.times import isoformat

PANE_S = 300
#: Monday, 2 March 2026.
MONDAY = 1_772_409_600


def answered(total: np.ndarray, squares: np.ndarray, n: np.ndarray, begin: float = 0.0) -> Series:
    """A series of panes of five minutes from the sums in them."""
    starts = begin + PANE_S * np.arange(n.shape[1], dtype=np.float64)
    members = [("all", str(row)) for row in range(len(n))]
    return Series(
        members, starts, starts + PANE_S, n.astype(float), total.astype(float), squares.astype(float), np.ones(len(n))
    )


def nps(mean: np.ndarray, *, rows: int, each: float, seed: int) -> Series:
    """Rows of NPS answers, `each` a pane on average, with a mean for each pane; three in ten are passive."""
    chance = np.random.default_rng(seed)
    n = chance.poisson(each, (rows, len(mean)))
    promoters = chance.binomial(n, 0.35 + np.broadcast_to(mean, n.shape) / 2)
    passive = chance.binomial(n - promoters, np.broadcast_to(0.3 / (0.65 - mean / 2), n.shape))
    return answered(2 * promoters - n + passive, n - passive, n)


def events(
    name: str, spans: Sequence[tuple[float, float, int, Mapping[str, float]]], *, kpi: str = "nps", seed: int = 1
) -> list[bytes]:
    """Lines of answers: for each span its begin, end, how many, and by channel the chance of a bad one."""
    chance = np.random.default_rng(seed)
    lines = []
    good, bad = {"nps": (10, 2), "csat": (5, 1), "ces": (7, 2)}[kpi]
    for part, (begin, end, count, channels) in enumerate(spans):
        for number, at in enumerate(np.linspace(begin, end, count, endpoint=False)):
            channel = str(chance.choice(list(channels)))
            lines.append({
                "type": "survey_response", "response_id": f"{name}-{part}-{number}", "kpi": kpi,
                "occurred_at": isoformat(round(float(at), 3)), "channel": channel,
                "touchpoint": str(chance.choice(["billing", "delivery"])),
                "score": bad if chance.random() < channels[channel] else good,
            })  # fmt: skip
    return [json.dumps(line).encode() for line in lines]
