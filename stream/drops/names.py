"""What the metrics of drops are called, for those who show them and those who ask for them."""

from typing import NamedTuple, Self

from stream.kpi import Accumulator


class DropNames(NamedTuple):
    """The gauges of a KPI's charts, and of its raised alerts.

    >>> from stream.kpi import KPIS
    >>> names = DropNames.of(KPIS["churn"])
    >>> names.usual, names.size, names.raised
    ('feedback_churn_usual_ratio', 'feedback_churn_rise_ratio', 'feedback_churn_risen')
    """

    usual: str
    size: str
    statistic: str
    threshold: str
    raised: str
    begin: str
    explained: str

    @classmethod
    def of(cls, kpi: type[Accumulator]) -> Self:
        """Those of a KPI that is watched."""
        assert kpi.watch is not None  # noqa: S101
        info = kpi.scores()[0]
        name = f"feedback_{kpi.name}"
        change = f"{name}_{kpi.watch.word}"
        return cls(
            f"{name}_usual_{info.unit}", f"{change}_{info.unit}", f"{change}_statistic", f"{change}_threshold",
            f"{name}_{kpi.watch.past}", f"{change}_begin_timestamp_seconds", f"{change}_explained_ratio",
        )  # fmt: skip
