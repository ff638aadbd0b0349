"""PromQL of the scores. Every worker shows the same ones, so the greatest over all instances stands for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from stream.dashboards.display import MET, MISSED, NO_TARGET, NOT_SURE
from stream.kpi import KPIS, SCORES, Accumulator, ScoreInfo

# Where a score is looked at; names with a dollar are variables of the dashboard.
WHOLE = 'window="$window",scope="all",member="all"'
MEMBER = 'window="$window",scope="$scope",member="$member"'
MEMBERS = 'window="$window",scope="$scope"'
TEAMS = 'window="$window",scope="team",member=~"$team"'
AGENTS = 'window="$window",scope="agent"'


@dataclass(frozen=True)
class Figure:
    """A score at a place, as PromQL; every expression has `by` as its only label.

    Where the KPI's rows have a label of their own, its value is a variable of the dashboard, unless it is `by`.

    >>> nps = Figure.of("nps", WHOLE)
    >>> nps.upper
    'max by (member) (feedback_nps_score_upper{window="$window",scope="all",member="all"})'
    >>> nps.earlier().n
    'max by (member) (feedback_nps_sample_size{window="$window",scope="all",member="all"} offset $window)'
    """

    kpi: type[Accumulator]
    info: ScoreInfo
    where: str
    before: str = ""
    by: str = "member"

    @classmethod
    def of(cls, score: str, where: str) -> Self:
        """The score of that name."""
        return cls(*SCORES[score], where)

    def each(self) -> Self:
        """That of every row with a label of its own, such as of every theme."""
        return replace(self, by=self.kpi.label or self.by)

    def earlier(self) -> Self:
        """The same one window's length earlier: what it is made of and what this is made of have nothing in common."""
        return replace(self, before=" offset $window")

    @property
    def value(self) -> str:
        return self._of(self.info.metric, self._told)

    @property
    def lower(self) -> str:
        return self._of(f"{self.info.metric}_lower", self._told)

    @property
    def upper(self) -> str:
        return self._of(f"{self.info.metric}_upper", self._told)

    @property
    def n(self) -> str:
        return self._of(f"feedback_{self.kpi.name}_sample_size")

    @property
    def shown(self) -> str:
        """The score; NaN where there are answers, but too few; nothing where there are none."""
        return f"{self.value} or {self.n} * NaN"

    def against(self, value: str) -> str:
        """1 where all of the interval is above a value without labels, −1 where all is below, 0 where neither."""
        above, below = (
            f"{self.lower} > bool on () group_left () {value}",
            f"{self.upper} < bool on () group_left () {value}",
        )
        return f"({above}) - ({below})"

    @property
    def has_target(self) -> bool:
        """Whether a target can be set against it at every place.

        Those of churn and retention are for 30 days, an amount is another one in each currency, and without an interval
        nobody knows whether it is met.
        """
        shifts = bool(self.kpi.levels) and self.info.unit == "ratio"
        return self.info.interval and self.kpi.label is None and not shifts

    @property
    def target(self) -> str:
        """What it should reach, by the setting of the service; nothing where none is set."""
        return f"max({self.info.metric}_target{_braced(self._told)})"

    @property
    def judged(self) -> str:
        """What is shown, with what is to be said of its target as a label: only where all of the interval says so."""
        above, below = (MET, MISSED) if self.info.higher_is_better else (MISSED, MET)
        verdicts = {
            above: f"{self.value} and on ({self.by}) ({self.lower} >= on () group_left () {self.target})",
            below: f"{self.value} and on ({self.by}) ({self.upper} < on () group_left () {self.target})",
            NOT_SURE: f"{self.value} and on () {self.target}",
            NO_TARGET: self.shown,
        }
        told = (f'label_replace({expr}, "target", "{verdict}", "", "")' for verdict, expr in verdicts.items())
        return f" or on ({self.by}) ".join(told)

    def against_whole(self) -> str:
        """Likewise with the score of all customers."""
        return self.against(f"max ({replace(self, where=WHOLE).value})")

    @property
    def change(self) -> str:
        """What was gained since the window before."""
        return f"{self.value} - {self.earlier().value}"

    def change_bound(self, *, upper: bool) -> str:
        """The 95 % bounds of the change, by Zou and Donner's MOVER: from those of two independent scores."""
        then = self.earlier()
        gain, loss = (self, then) if upper else (then, self)
        spread = f"({gain.upper} - {gain.value}) ^ 2 + ({loss.value} - {loss.lower}) ^ 2"
        return f"({self.change}) {'+' if upper else '-'} sqrt({spread})"

    @property
    def _told(self) -> list[str]:
        """What tells it from other scores of the same metric."""
        return [f'{name}="{value}"' for name, value in self.info.labels.items()]

    @property
    def changed(self) -> str:
        """1 where all of the change's interval is above 0, −1 where all is below, 0 where neither."""
        return f"({self.change_bound(upper=False)} > bool 0) - ({self.change_bound(upper=True)} < bool 0)"

    def _of(self, metric: str, told: Sequence[str] = ()) -> str:
        label = self.kpi.label
        row = [f'{label}="${label}"'] if label and label != self.by else []
        return f"max by ({self.by}) ({metric}{_braced([self.where, *row, *told])}{self.before})"


def _braced(matchers: Iterable[str]) -> str:
    """A selector; nothing where nothing is selected.

    >>> _braced(["", 'a="b"']), _braced([])
    ('{a="b"}', '')
    """
    said = ",".join(filter(None, matchers))
    return f"{{{said}}}" if said else ""


def headlines(where: str) -> list[Figure]:
    """The score that gave each KPI its name, in display order.

    >>> [figure.info.name for figure in headlines(WHOLE)][:2]
    ['nps', 'csat']
    """
    return [Figure(kpi, kpi.scores()[0], where) for kpi in KPIS.values()]
