"""PromQL of the scores. Every worker shows the same ones, so the greatest over all instances stands for them."""

from dataclasses import dataclass, replace
from typing import Self

from stream.dashboards.display import MET, MISSED, NO_TARGET, NOT_SURE
from stream.kpi import KPIS, SCORES, Accumulator, ScoreInfo

# Where a score is looked at; names with a dollar are variables of the dashboard.
WHOLE = 'window="$window",scope="all",member="all"'
MEMBER = 'window="$window",scope="$scope",member="$member"'
MEMBERS = 'window="$window",scope="$scope"'
TEAMS = 'window="$window",scope="team",member=~"$team"'


@dataclass(frozen=True)
class Figure:
    """A score at a place, as PromQL; every expression has `member` as its only label.

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

    @classmethod
    def of(cls, score: str, where: str) -> Self:
        """The score of that name."""
        return cls(*SCORES[score], where)

    def earlier(self) -> Self:
        """The same one window's length earlier: what it is made of and what this is made of have nothing in common."""
        return replace(self, before=" offset $window")

    @property
    def value(self) -> str:
        return self._of(self.info.metric)

    @property
    def lower(self) -> str:
        return self._of(f"{self.info.metric}_lower")

    @property
    def upper(self) -> str:
        return self._of(f"{self.info.metric}_upper")

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
        """Whether a target can be set against it in every window: those of churn and retention are for 30 days."""
        return not self.kpi.levels

    @property
    def target(self) -> str:
        """What it should reach, by the setting of the service; nothing where none is set."""
        return f"max({self.info.metric}_target)"

    @property
    def judged(self) -> str:
        """What is shown, with what is to be said of its target as a label: only where all of the interval says so."""
        above, below = (MET, MISSED) if self.info.higher_is_better else (MISSED, MET)
        verdicts = {
            above: f"{self.value} and on (member) ({self.lower} >= on () group_left () {self.target})",
            below: f"{self.value} and on (member) ({self.upper} < on () group_left () {self.target})",
            NOT_SURE: f"{self.value} and on () {self.target}",
            NO_TARGET: self.shown,
        }
        told = (f'label_replace({expr}, "target", "{verdict}", "", "")' for verdict, expr in verdicts.items())
        return " or on (member) ".join(told)

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

    def _of(self, metric: str) -> str:
        return f"max by (member) ({metric}{{{self.where}}}{self.before})"


def headlines(where: str) -> list[Figure]:
    """The score that gave each KPI its name, in display order.

    >>> [figure.info.name for figure in headlines(WHOLE)][:2]
    ['nps', 'csat']
    """
    return [Figure(kpi, kpi.scores()[0], where) for kpi in KPIS.values()]
