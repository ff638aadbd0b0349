"""Every score, computed once more from its published definition in the plainest way: the stream must agree."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from statistics import mean

from stream.measures import Contacted, Handled, Invited, Measure, Movement, Rating
from tests.laws import journeys
from tests.laws.figures import Expected, Place, answers, average, exact, net_promoters, of_durations, of_kind, share
from tests.laws.journeys import first_contacts, waits

#: The lowest satisfied answer of each scale.
SATISFIED = {(1, 2): 2, (1, 3): 3, (1, 4): 3, (1, 5): 4, (0, 5): 4, (1, 6): 5, (1, 7): 6, (1, 10): 8, (0, 10): 8}

Definition = Callable[[Sequence[Measure], Place], Expected | None]


def position(answer: Rating) -> Fraction:
    """Where an answer is on its scale, from 0 to 1."""
    return Fraction(answer.score - answer.low, answer.high - answer.low)


def ease(measures: Sequence[Measure]) -> list[Fraction]:
    """The answers about effort from 1 to 7, where 7 is easiest."""
    return [1 + 6 * position(a) for a in answers(measures, "ces")]


def satisfied(measures: Sequence[Measure]) -> Expected | None:
    """The share of satisfied answers."""
    given = answers(measures, "csat")
    return share(sum(a.score >= SATISFIED[a.low, a.high] for a in given), len(given))


def moved(measures: Sequence[Measure]) -> Movement:
    """All movements together."""
    movements = of_kind(measures, Movement)
    return Movement(*(sum(column) for column in zip(*movements, strict=True))) if movements else Movement()


def churned(measures: Sequence[Measure]) -> Expected | None:
    """Customers lost, less those who came back, of those at the start."""
    total = moved(measures)
    return share(max(0, total.lost - total.reactivated), total.customers)


def retained(measures: Sequence[Measure], *, gross: bool) -> Expected | None:
    """(E − N)/S, or E/S: new customers are known, so they shift the interval and do not widen it."""
    total = moved(measures)
    end = total.customers + total.joined - total.lost + total.reactivated
    net = share(end - total.joined, total.customers)
    if net is None or not gross:
        return net
    new = total.joined / total.customers
    assert net.lower is not None
    assert net.upper is not None
    return Expected(end / total.customers, net.lower + new, net.upper + new, net.n)


def plain(definition: Callable[[Sequence[Measure]], Expected | None]) -> Definition:
    """A definition that holds wherever one looks."""
    return lambda measures, place: definition(measures)


_PLAIN: dict[str, Callable[[Sequence[Measure]], Expected | None]] = {
    "nps": lambda measures: net_promoters(measures, "nps"),
    "enps": lambda measures: net_promoters(measures, "enps"),
    "csat": satisfied,
    "csat_mean": lambda measures: average([position(a) for a in answers(measures, "csat")]),
    "ces": lambda measures: average(ease(measures)),
    "ces_easy": lambda measures: share(sum(e >= 5 for e in ease(measures)), len(ease(measures))),
    "churn": churned,
    "retention": lambda measures: retained(measures, gross=False),
    "retention_gross": lambda measures: retained(measures, gross=True),
    "fcr": lambda measures: share(sum(c.resolved for c in first_contacts(measures)), len(first_contacts(measures))),
    # Nothing has faded where it was just counted.
    "fcr_provisional": lambda measures: (
        exact(mean(Fraction(c.resolved) for c in firsts), len(firsts)) if (firsts := first_contacts(measures)) else None
    ),
    "response_time": lambda measures: of_durations(waits(measures), "0.5"),
    "response_time_p90": lambda measures: of_durations(waits(measures), "0.9"),
    "response_time_p95": lambda measures: of_durations(waits(measures), "0.95"),
    "response_time_within_target": journeys.in_time,
    "omnichannel": journeys.on_several,
    "omnichannel_switches": lambda measures: share(
        sum(c.switched for c in of_kind(measures, Contacted)), len(of_kind(measures, Contacted))
    ),
    "upsell_revenue": journeys.upsold_part,
    "upsell": lambda measures: journeys.kinds(measures, "upsell"),
    "cross_sell": lambda measures: journeys.kinds(measures, "cross_sell"),
    "response_rate": lambda measures: share(
        sum(invited.answered for invited in of_kind(measures, Invited)), len(of_kind(measures, Invited))
    ),
    "cases_open": journeys.still_open,
    "case_time_to_close": lambda measures: of_durations(
        [step.took for step in of_kind(measures, Handled) if step.took is not None], "0.5"
    ),
    "closed_loop": lambda measures: share(
        sum(step.in_time for step in of_kind(measures, Handled)), sum(step.due for step in of_kind(measures, Handled))
    ),
    "sentiment": journeys.mood,
    "themes": journeys.mentions,
    "themes_nps": journeys.nps_of_theme,
}

#: By score.
EXPECTED: dict[str, Definition] = {
    **{score: plain(definition) for score, definition in _PLAIN.items()},
    "clv": journeys.lifetime_value,
    "clv_discounted": journeys.discounted,
    "clv_order_value": journeys.order_value,
    "clv_order_frequency": journeys.frequency,
}
