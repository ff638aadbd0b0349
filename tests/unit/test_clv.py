"""What a customer is worth, by hand: the lifetime from churn, margin and discount, and where nothing is known."""

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from math import sqrt
from statistics import stdev

import pytest

from stream.kpi.accumulator import Around, Estimate
from stream.kpi.churn import Churn
from stream.kpi.clv import MONTH_S, Clv
from stream.measures import Ordered
from stream.settings import Settings

#: 200 orders of 500.00 by 100 customers.
FIELDS = (200, 10_000_000, 0, 100, 0, 0)


@pytest.fixture(autouse=True)
def usual_settings() -> Iterator[None]:
    yield
    Clv.configure(Settings.model_construct())


def value(estimate: Estimate | None) -> float | None:
    return estimate and estimate.value


def seen(months: int = 1, churn: Churn | None = None) -> Clv:
    return Clv.seen(FIELDS, Around("EUR", months * MONTH_S, {"churn": churn} if churn else {}))


def test_the_lifetime_comes_from_churn_in_the_same_window() -> None:
    Clv.configure(Settings(clv_lifetime="churn"))
    # 110 of 1000 lost and 10 back in a month: a tenth a month, so ten months. Two orders of 500.00 a month.
    assert value(seen(1, Churn(1000, 110, 10)).clv()) == pytest.approx(10_000)
    # The same in two months: a twentieth a month, so twenty months, and one order a month.
    assert value(seen(2, Churn(1000, 110, 10)).clv()) == pytest.approx(10_000)


@pytest.mark.parametrize("churn", [None, Churn(0, 5, 0), Churn(1000, 0, 0), Churn(1000, 3, 3), Churn(1000, 1, 2)])
def test_without_churn_nobody_knows_how_long_customers_stay(churn: Churn | None) -> None:
    Clv.configure(Settings(clv_lifetime="churn"))
    shown = seen(1, churn)
    assert (shown.clv(), shown.clv_discounted()) == (None, None)
    assert value(shown.clv_order_value()) == 500


def test_margin_and_discount() -> None:
    Clv.configure(Settings(clv_lifetime=5, clv_margin=0.25, clv_discount=1.1**12 - 1))
    # m = 1000.00 × 0.25 a month, r = 0.8, i = 0.1 a month: m·r/(1 + i − r) = 250 × 2.666… (2.67 as published).
    assert value(seen().clv_discounted()) == pytest.approx(250 * 0.8 / 0.3)


def test_a_lifetime_of_a_month_leaves_nothing_after_it() -> None:
    Clv.configure(Settings(clv_lifetime=1))
    assert seen().clv_discounted() is None
    assert value(seen().clv()) == 1_000


def test_in_less_than_a_month_nobody_knows_how_often_customers_order() -> None:
    day = Clv.seen(FIELDS, Around("EUR", 86_400, {}))
    assert (day.clv(), day.clv_discounted(), day.clv_order_frequency()) == (None, None, None)
    assert value(day.clv_order_value()) == 500


def test_amounts_are_shown_in_the_currency_itself() -> None:
    shown = {label: Clv.seen(FIELDS, Around(label, MONTH_S, {})) for label in ("EUR", "JPY", "KWD")}
    assert {label: value(each.clv_order_value()) for label, each in shown.items()} == {
        "EUR": 500, "JPY": 50_000, "KWD": 50,
    }  # fmt: skip


def test_the_spread_of_amounts_whose_squares_are_beyond_64_bits_is_known_too() -> None:
    # Ten million rupiah, some 600 euros, are such an amount in hundredths.
    amounts = [1_500_000_000 + 150_000_000 * number for number in range(10)] + [100, 10**12]
    total = reduce(Clv.merge, [Clv.of(Ordered(amount, "repeat", latest=True)) or Clv() for amount in amounts])
    estimate = replace(total, per_unit=100).clv_order_value()
    assert estimate is not None
    assert estimate.upper is not None
    half = 1.96 * stdev(amounts) / sqrt(len(amounts)) / 100
    assert estimate.upper - estimate.value == pytest.approx(half, rel=1e-8)
