"""The scores of contacts, orders, cases and comments, computed once more from their published definitions."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor, sqrt

from stream.measures import Contacted, Handled, Heard, Measure, Ordered, Rating
from tests.laws.figures import DECIMALS, MONTH, Expected, Place, average, exact, net_promoters, of_kind, per, share


def first_contacts(measures: Sequence[Measure]) -> list[Contacted]:
    """The contacts that were the first ones on their issue."""
    return [contact for contact in of_kind(measures, Contacted) if contact.first]


def waits(measures: Sequence[Measure]) -> list[int]:
    """How long each contact that was answered had to wait."""
    return [contact.wait for contact in of_kind(measures, Contacted) if contact.wait is not None]


def in_time(measures: Sequence[Measure]) -> Expected | None:
    """The share of answered contacts that were answered in time."""
    return share(sum(c.in_time for c in of_kind(measures, Contacted) if c.wait is not None), len(waits(measures)))


def on_several(measures: Sequence[Measure]) -> Expected | None:
    """The share of customers, each known by the latest contact, who used several channels."""
    latest = [contact for contact in of_kind(measures, Contacted) if contact.latest]
    return share(sum(contact.several for contact in latest), len(latest))


def amounts(measures: Sequence[Measure], place: Place) -> list[Fraction]:
    """What each order came to, in the currency."""
    return [Fraction(order.amount, 10 ** DECIMALS[place.label]) for order in of_kind(measures, Ordered)]


def revenue(measures: Sequence[Measure], place: Place) -> Expected | None:
    """All amounts together, as a compound Poisson sum: its variance is that of the squares."""
    paid = amounts(measures, place)
    half = 1.96 * sqrt(squares(measures, place))
    return Expected(float(sum(paid)), float(sum(paid)) - half, float(sum(paid)) + half, len(paid)) if paid else None


def squares(measures: Sequence[Measure], place: Place) -> Fraction:
    """The squares of the amounts together, each rounded as it is kept."""
    kept = [rounded_square(order.amount) for order in of_kind(measures, Ordered)]
    return Fraction(sum(kept), 10 ** (2 * DECIMALS[place.label]))


def rounded_square(amount: int) -> int:
    """To 10,000 smallest units squared; of an amount beyond a thousand million to a million times as many."""
    part = 10**10 if abs(amount) > 10**9 else 10**4
    return part * floor(Fraction(amount**2, part) + Fraction(1, 2))


def customer_months(measures: Sequence[Measure], place: Place) -> Fraction:
    """Customers times months of the window; nothing where it is shorter than one."""
    customers = sum(order.latest for order in of_kind(measures, Ordered))
    return customers * Fraction(place.seconds, MONTH) if place.seconds >= MONTH else Fraction(0)


def lifetime_value(measures: Sequence[Measure], place: Place, lifetime: Fraction = Fraction(24)) -> Expected | None:
    """Order value × orders per customer and month × lifetime, which is revenue/customers/months × lifetime."""
    return per(revenue(measures, place), customer_months(measures, place) / lifetime)


def discounted(measures: Sequence[Measure], place: Place) -> Expected | None:
    """m·r/(1 + i − r) for 24 months and a tenth a year, the whole revenue being margin."""
    r, i = Fraction(23, 24), Fraction(1.1 ** (1 / 12)) - 1
    return per(revenue(measures, place), customer_months(measures, place) * (1 + i - r) / r)


def order_value(measures: Sequence[Measure], place: Place) -> Expected | None:
    """The mean amount; its variance from the squares as they are kept, which may come out below nothing."""
    found = average(amounts(measures, place))
    if found is None or found.n < 2:
        return found
    spread = squares(measures, place) - sum(amounts(measures, place)) ** 2 / found.n
    half = 1.96 * sqrt(max(0, spread) / (found.n - 1) / found.n)
    return found._replace(lower=found.value - half, upper=found.value + half)


def frequency(measures: Sequence[Measure], place: Place) -> Expected | None:
    """Orders per customer and month."""
    n = len(of_kind(measures, Ordered))
    return per(exact(Fraction(n), n), customer_months(measures, place))


def upsold_part(measures: Sequence[Measure]) -> Expected | None:
    """The part of revenue that upsell orders bring."""
    placed = of_kind(measures, Ordered)
    total = sum(order.amount for order in placed)
    return (
        exact(Fraction(sum(o.amount for o in placed if o.kind == "upsell"), total), len(placed)) if total > 0 else None
    )


def kinds(measures: Sequence[Measure], kind: str) -> Expected | None:
    """The share of orders of a kind."""
    placed = of_kind(measures, Ordered)
    return share(sum(order.kind == kind for order in placed), len(placed))


def still_open(measures: Sequence[Measure]) -> Expected | None:
    """Cases opened and not closed; these all lie where levels are read, so each counts as open and as opened."""
    steps = of_kind(measures, Handled)
    opened, closed = sum(step.opened for step in steps), sum(step.closed for step in steps)
    n = 2 * opened - closed
    return exact(n - closed, n) if n else None


def mood(measures: Sequence[Measure]) -> Expected | None:
    """Positive less negative, of all comments: net promoters of 9s, 8s and 0s."""
    scores = {"positive": 9, "neutral": 8, "negative": 0}
    said = [Rating("nps", scores[heard.sentiment], 0, 10) for heard in of_kind(measures, Heard) if heard.sentiment]
    net = net_promoters(said, "nps")
    return per(net, Fraction(100))


def mentions(measures: Sequence[Measure]) -> Expected | None:
    """The share of comments that mention the theme."""
    heard = of_kind(measures, Heard)
    comments = sum(each.sentiment is not None for each in heard)
    found = share(len(heard) - comments, comments)
    return found and found._replace(n=len(heard) - comments)


def nps_of_theme(measures: Sequence[Measure]) -> Expected | None:
    """The Net Promoter Score of those who mention it, as far as they were asked."""
    scores = {"promoter": 9, "passive": 8, "detractor": 0}
    groups = [heard.group for heard in of_kind(measures, Heard) if heard.sentiment is None and heard.group]
    return net_promoters([Rating("nps", scores[group], 0, 10) for group in groups], "nps")
