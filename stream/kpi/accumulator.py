"""What every KPI is made of: whole-number fields that are added up, and scores extracted from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

from stream.kpi.watch import Watch
from stream.measures import Measure

if TYPE_CHECKING:
    from stream.settings import Settings


class Estimate(NamedTuple):
    """A score with its 95 % interval; the bounds are None where one answer tells nothing of the spread."""

    value: float
    lower: float | None
    upper: float | None


#: The least and the greatest value of a score, by its unit.
RANGES = {"points": (-100, 100), "ratio": (0, 1), "ease": (1, 7), "balance": (-1, 1),
          "seconds": (0, inf), "money": (-inf, inf), "count": (0, inf)}  # fmt: skip


class Around(NamedTuple):
    """What a view knows besides a row's own fields: its label, the window's length in seconds, the member's others.

    `others` are accumulators of further KPIs by name, of the same window and member.
    """

    label: str
    seconds: int
    others: Mapping[str, "Accumulator"]


class ScoreInfo(NamedTuple):
    """What a score is called: in the output, as a metric, for people in English and French; and which way is good.

    `labels` tell it from other scores of the same metric; `interval` says whether it has one.
    """

    name: str
    metric: str
    title: str
    french: str
    unit: str
    higher_is_better: bool
    labels: Mapping[str, str]
    interval: bool


Extract = TypeVar("Extract", bound=Callable[[Any], Estimate | None])


def score(
    metric: str,
    title: str,
    french: str,
    *,
    unit: str,
    higher_is_better: bool = True,
    labels: Mapping[str, str] = MappingProxyType({}),
    interval: bool = True,
) -> Callable[[Extract], Extract]:
    """Make a method of a KPI one of its scores; the method's name is the score's.

    `unit` is `points`, `ratio` (0 to 1), `balance` (−1 to 1), `ease` (1 to 7), `seconds`, `money` or `count`.
    """

    def mark(extract: Extract) -> Extract:
        info = ScoreInfo(extract.__name__, metric, title, french, unit, higher_is_better, labels, interval)
        extract._score = info  # type: ignore[attr-defined]  # noqa: SLF001
        return extract

    return mark


@dataclass(frozen=True)
class Accumulator:
    """Whole-number fields of a KPI over some events; a subclass says its fields, `of`, `n` and its scores.

    Sums of accumulators are accumulators, in any order; what was merged can be retracted. A field named in `levels`
    holds from its time on: a window sees its value at the window's start, where other fields are summed inside it.
    """

    name: ClassVar[str]
    #: The topic whose events it is computed from.
    source: ClassVar[str]
    #: Place in lists for people.
    order: ClassVar[int] = 100
    levels: ClassVar[frozenset[str]] = frozenset()
    #: Fields that count only for so many seconds.
    fades: ClassVar[Mapping[str, int]] = MappingProxyType({})
    #: Fields that are not kept but filled in by `seen`; they come last.
    derived: ClassVar[frozenset[str]] = frozenset()
    #: Fields that came to the end in a later version, and are zero in all that could be counted before, such as what a
    #: new kind of event brings: older tables are read with zeros there. Others need their tables to be counted anew.
    appended: ClassVar[frozenset[str]] = frozenset()
    #: Whether its last panes still change by themselves: then an older window cannot be compared with a younger one.
    settles: ClassVar[bool] = False
    #: KPIs that `seen` looks at, by name.
    needs: ClassVar[tuple[str, ...]] = ()
    #: What else than members tells its rows apart: the last part of the dimensions of its contributions.
    label: ClassVar[str | None] = None
    #: Whether it is kept for each agent as well, where that scope is on.
    individual: ClassVar[bool] = False
    #: Whether it is kept for combinations of dimensions as well.
    crossed: ClassVar[bool] = True
    #: Whether all fields are counts that stay below 2³¹ in a pane: then they take half of the memory.
    narrow: ClassVar[bool] = False
    #: How its first score is watched for drops; None if it is not.
    watch: ClassVar[Watch | None] = None

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        """The accumulator of one event, or None where the event is none of its business."""
        raise NotImplementedError

    @classmethod
    def configure(cls, settings: "Settings") -> None:
        """Take over the settings that concern this KPI."""

    @classmethod
    def definition(cls) -> Any:
        """What of its settings the saved fields depend on, as JSON; tables made under another one are refused."""
        return None

    @property
    def n(self) -> int:
        """The sample size: how many answers are behind the scores."""
        raise NotImplementedError

    def sample(self, score: str) -> int:
        """How many are behind one of the scores."""
        return self.n

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Names of the fields that are kept, in the order of the tables."""
        return tuple(field.name for field in fields(cls) if field.name not in cls.derived)

    @classmethod
    def seen(cls, fields: Sequence[int], around: Around) -> Self:
        """The accumulator of a row in a view, from the fields that are kept."""
        return cls(*fields)

    @classmethod
    def scores(cls) -> tuple[ScoreInfo, ...]:
        """The scores it has, the one that gave it its name first."""
        return tuple(member._score for member in vars(cls).values() if hasattr(member, "_score"))  # noqa: SLF001

    def estimate(self, score: str) -> Estimate | None:
        """One of its scores; None where nothing is known of it, such as without answers."""
        estimate: Estimate | None = getattr(self, score)()
        return estimate

    def merge(self, other: Self) -> Self:
        """Both together."""
        return type(self)(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def retract(self, other: Self) -> Self:
        """This without the other, which was merged before."""
        return type(self)(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))
