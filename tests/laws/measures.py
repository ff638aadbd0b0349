"""What each KPI may meet in a stream; a KPI without an entry here fails a test of its own."""

from hypothesis import strategies as st

from stream.kpi.durations import FIELDS
from stream.measures import Contacted, Handled, Heard, Invited, Measure, Movement, Ordered, Rating
from stream.money import MAX_AMOUNT

#: The scales of each survey KPI, written down once more from its definition.
SCALES = {
    "nps": [(0, 10), (1, 10)],
    "enps": [(0, 10), (1, 10)],
    "csat": [(1, 2), (1, 3), (1, 4), (1, 5), (0, 5), (1, 6), (1, 7), (1, 10), (0, 10)],
    "ces": [(1, 7), (1, 5), (1, 3), (0, 10), (1, 10), (0, 100)],
}


@st.composite
def ratings(draw: st.DrawFn, kpi: str) -> Rating:
    """An answer anywhere on one of the KPI's scales, or one that was skipped."""
    low, high = draw(st.sampled_from(SCALES[kpi]))
    if draw(st.integers(0, 5)) == 0:
        return Rating(kpi, low, low, high, answered=False)
    return Rating(kpi, draw(st.integers(low, high)), low, high)


def movements() -> st.SearchStrategy[Movement]:
    """A customer who moved, or a change of the number of customers, which may go down."""
    moved = st.sampled_from([Movement(joined=1), Movement(lost=1), Movement(reactivated=1)])
    return moved | st.integers(-30, 60).map(lambda change: Movement(customers=change))


GROUPS = (None, "promoter", "passive", "detractor")

_buckets = st.integers(0, len(FIELDS) - 1)
_waits = st.none() | _buckets


def contacts() -> st.SearchStrategy[Contacted]:
    """A contact of any customer: only a first one can have been enough, only one that was answered was so in time."""
    return st.builds(
        lambda first, resolved, wait, in_time, switched, several, latest: Contacted(
            first, first and resolved, wait, wait is not None and in_time, switched, switched or several, latest
        ),
        st.booleans(), st.booleans(), _waits, *[st.booleans()] * 4,
    )  # fmt: skip


#: Amounts people pay, some far beyond, some taken back.
orders = st.builds(
    Ordered,
    st.integers(0, 50_000) | st.integers(-5_000, MAX_AMOUNT),
    st.sampled_from(["first", "repeat", "upsell", "cross_sell", "unknown"]),
    st.booleans(),
)

#: A case that is opened, or closed after some time; and one that falls due.
_steps: st.SearchStrategy[Handled] = st.just(Handled(opened=1)) | _buckets.map(lambda b: Handled(closed=1, took=b))
_dues = st.integers(0, 1).map(lambda in_time: Handled(due=1, in_time=in_time))

_groups = st.sampled_from(GROUPS)
_comments = st.builds(Heard, st.sampled_from(["positive", "neutral", "negative"]), _groups)
_mentions = st.builds(Heard, st.none(), _groups)

#: By KPI: measures that concern it.
MEASURES: dict[str, st.SearchStrategy[Measure]] = {
    **{kpi: ratings(kpi) for kpi in SCALES},
    "churn": movements(),
    "retention": movements(),
    "fcr": contacts().filter(lambda contact: contact.first),
    "response_time": contacts().filter(lambda contact: contact.wait is not None),
    "omnichannel": contacts(),
    "clv": orders,
    "upsell": orders,
    "response_rate": st.builds(Invited, st.booleans()),
    "cases": _steps,
    "closed_loop": _dues,
    "sentiment": _comments,
    "themes": _mentions,
}

#: Measures of any KPI: those that a KPI is not concerned with must leave it untouched.
ANY: st.SearchStrategy[Measure] = st.one_of(*MEASURES.values())
