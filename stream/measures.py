"""What KPIs look at: an answer on its scale, a movement of customers, a contact, an order, a step of a case."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from stream.errors import Rejected

Status = Literal["answered", "skipped", "declined", "excluded", "deleted"]
Direction = Literal["better", "worse", "easier", "harder"]


class Rating(NamedTuple):
    """An answer to a KPI's question: `score` between `low` and `high`, already turned so that high is good.

    >>> Rating("ces", 1, 1, 5).turned()
    Rating(kpi='ces', score=5, low=1, high=5, answered=True)
    """

    kpi: str
    score: int
    low: int
    high: int
    answered: bool = True

    def turned(self) -> "Rating":
        """The same answer on the scale read from its other end."""
        return self._replace(score=self.low + self.high - self.score)


class Movement(NamedTuple):
    """Customers who joined, were lost or came back, and the change of the number of customers by a new count."""

    joined: int = 0
    lost: int = 0
    reactivated: int = 0
    customers: int = 0


class Contacted(NamedTuple):
    """A contact: the first one on an issue or not, and if so whether it was enough; how it was answered.

    `wait` is the bucket of the time to the first response, None without one. `switched` says that the contact before
    it came by another channel, `several` that any did, `latest` that the customer has had none since.
    """

    first: bool = False
    resolved: bool = False
    wait: int | None = None
    in_time: bool = False
    switched: bool = False
    several: bool = False
    latest: bool = False


class Ordered(NamedTuple):
    """An order that stands: its amount in the currency's smallest unit; `latest` of its customer in that currency."""

    amount: int
    kind: str
    latest: bool


class Handled(NamedTuple):
    """A step of a case: opened, fallen due and then closed in time or not, or closed; `took` is a bucket of time."""

    opened: int = 0
    due: int = 0
    in_time: int = 0
    closed: int = 0
    took: int | None = None


class Invited(NamedTuple):
    """An invitation to a survey that was delivered."""

    answered: bool


class Heard(NamedTuple):
    """A comment by its mood, or without one a theme that it mentions.

    By the answer to the NPS question its writer is `promoter`, `passive` or `detractor`, None where it was not asked.
    """

    sentiment: str | None
    group: str | None


Measure = Rating | Movement | Contacted | Ordered | Handled | Invited | Heard


class Question(NamedTuple):
    """How a KPI asks: the scale where the event names none, and which scales it can be computed on.

    `accepts(low, high)` answers whether the KPI is defined on that scale; `scales` says in words which ones are.
    """

    low: int
    high: int
    accepts: Callable[[int, int], bool]
    scales: str


#: The KPIs that are asked for in surveys; each KPI's file enters its own question.
QUESTIONS: dict[str, Question] = {}


@lru_cache(maxsize=16_384)
def rate(kpi: str, score: int | None, scale: tuple[int, int, str | None] | None, status: str) -> Rating | None:
    """The rating that an answer is, or None where it does not count (declined, excluded, deleted).

    Raises:
        Rejected: `unknown_kpi`, `unknown_scale`, `missing_field` (no score), or `out_of_range`.

    >>> import stream.kpi  # enters the questions
    >>> rate("nps", 9, None, "answered")
    Rating(kpi='nps', score=9, low=0, high=10, answered=True)
    >>> rate("ces", 1, (1, 5, "harder"), "answered")
    Rating(kpi='ces', score=5, low=1, high=5, answered=True)
    >>> rate("nps", 11, None, "answered")
    Traceback (most recent call last):
    stream.errors.Rejected: score must be 0 to 10; got 11
    """
    question = QUESTIONS.get(kpi)
    if question is None:
        msg = f"kpi must be one of {', '.join(sorted(QUESTIONS))}; got {kpi!r}"
        raise Rejected("unknown_kpi", "kpi", msg)
    low, high, direction = scale or (question.low, question.high, None)
    if low >= high or not question.accepts(low, high):
        msg = f"{kpi} is defined on {question.scales}; got a scale from {low} to {high}"
        raise Rejected("unknown_scale", "scale", msg)
    if score is None:
        if status in {"skipped", "deleted"}:
            return Rating(kpi, low, low, high, answered=False) if status == "skipped" else None
        msg = f"score may be null only if skipped or deleted; status is {status}"
        raise Rejected("missing_field", "score", msg)
    if not low <= score <= high:
        msg = f"score must be {low} to {high}; got {score}"
        raise Rejected("out_of_range", "score", msg)
    if status == "skipped":
        return Rating(kpi, low, low, high, answered=False)
    if status != "answered":
        return None
    rating = Rating(kpi, score, low, high)
    return rating.turned() if direction in {"worse", "harder"} else rating
