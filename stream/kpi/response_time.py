"""Response time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.durations import FIELDS, quantile
from stream.kpi.intervals import proportion
from stream.measures import Contacted, Measure

if TYPE_CHECKING:
    from stream.settings import Settings


@dataclass(frozen=True)
class ResponseTime(Accumulator):
    """How long customers wait from opening a contact to the first response.

    Source: ISO 18295-1:2017, "Customer contact centres", for service levels. What a target is, is a setting.

    >>> from functools import reduce
    >>> from stream.kpi.durations import bucket
    >>> waits = [Contacted(wait=bucket(s * 1_000_000), in_time=s <= 60) for s in (20, 30, 40, 50, 90)]
    >>> total = reduce(ResponseTime.merge, map(ResponseTime.of, waits))
    >>> 36 <= total.response_time().value <= 44, total.response_time_within_target().value
    (True, 0.8)
    """

    name: ClassVar[str] = "response_time"
    source: ClassVar[str] = "feedback.contacts"
    order: ClassVar[int] = 80
    crossed: ClassVar[bool] = False
    narrow: ClassVar[bool] = True
    _targets: ClassVar[Any] = None

    in_time: int = 0
    for _field in FIELDS:  # as if each were written out
        __annotations__[_field] = int
        locals()[_field] = 0
    del _field

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Contacted) or measure.wait is None:
            return None
        return cls(**{"in_time": int(measure.in_time), FIELDS[measure.wait]: 1})

    @classmethod
    def configure(cls, settings: "Settings") -> None:
        cls._targets = sorted(settings.response_targets.items())

    @classmethod
    def definition(cls) -> Any:
        return cls._targets and [[*target] for target in cls._targets]

    @property
    def _waits(self) -> list[int]:
        return [getattr(self, field) for field in FIELDS]

    @property
    def n(self) -> int:
        return sum(self._waits)

    @score(
        "feedback_response_time_seconds",
        "Response time, median",
        "délai de réponse médian",
        unit="seconds",
        higher_is_better=False,
        labels={"quantile": "0.5"},
    )
    def response_time(self) -> Estimate | None:
        """The time that half of the customers do not wait longer than."""
        return quantile(self._waits, 0.5)

    @score(
        "feedback_response_time_seconds",
        "Response time, 90 %",
        "délai de réponse, 90 %",
        unit="seconds",
        higher_is_better=False,
        labels={"quantile": "0.9"},
    )
    def response_time_p90(self) -> Estimate | None:
        """The time that nine in ten customers do not wait longer than."""
        return quantile(self._waits, 0.9)

    @score(
        "feedback_response_time_seconds",
        "Response time, 95 %",
        "délai de réponse, 95 %",
        unit="seconds",
        higher_is_better=False,
        labels={"quantile": "0.95"},
    )
    def response_time_p95(self) -> Estimate | None:
        """The time that nineteen in twenty customers do not wait longer than."""
        return quantile(self._waits, 0.95)

    @score(
        "feedback_response_time_within_target_ratio",
        "Answered in time",
        "taux de réponse dans les délais",
        unit="ratio",
    )
    def response_time_within_target(self) -> Estimate | None:
        """Contacts answered within the target of their channel/contacts answered."""
        return proportion(self.in_time, self.n)
