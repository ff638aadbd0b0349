"""What each KPI may meet in a stream; a KPI without an entry here fails a test of its own."""

from hypothesis import strategies as st

from stream.measures import Measure, Movement, Rating

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


#: By KPI: measures that concern it.
MEASURES: dict[str, st.SearchStrategy[Measure]] = {
    **{kpi: ratings(kpi) for kpi in SCALES},
    "churn": movements(),
    "retention": movements(),
}

#: Measures of any KPI: those that a KPI is not concerned with must leave it untouched.
ANY: st.SearchStrategy[Measure] = st.one_of(*MEASURES.values())
