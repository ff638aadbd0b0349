"""Themes of what customers write."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Around, Estimate, score
from stream.kpi.intervals import net, proportion
from stream.measures import Heard, Measure


@dataclass(frozen=True)
class Themes(Accumulator):
    """Comments that mention a theme, and the Net Promoter Score of those who do; a row for each theme.

    `comments` are all of the member's, with and without the theme.

    Source: Braun, Clarke, "Using thematic analysis in psychology", Qualitative Research in Psychology 3(2), 2006.

    >>> waiting = Themes(mentions=30, promoters=2, passives=4, detractors=14, comments=120)
    >>> waiting.themes().value, waiting.themes_nps().value
    (0.25, -60.0)
    """

    name: ClassVar[str] = "themes"
    source: ClassVar[str] = "feedback.verbatims"
    order: ClassVar[int] = 150
    label: ClassVar[str | None] = "theme"
    crossed: ClassVar[bool] = False
    derived: ClassVar[frozenset[str]] = frozenset({"comments"})
    needs: ClassVar[tuple[str, ...]] = ("sentiment",)

    mentions: int = 0
    promoters: int = 0
    passives: int = 0
    detractors: int = 0
    comments: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Heard) or measure.sentiment is not None:
            return None
        group = {} if measure.group is None else {f"{measure.group}s": 1}
        return cls(mentions=1, **group)

    @classmethod
    def seen(cls, fields: Sequence[int], around: Around) -> Self:
        all_comments = around.others.get("sentiment")
        return cls(*[*fields, all_comments.n if all_comments else 0])

    @property
    def n(self) -> int:
        return self.mentions

    def sample(self, score: str) -> int:
        return self._rated if score == "themes_nps" else self.n

    @property
    def _rated(self) -> int:
        return self.promoters + self.passives + self.detractors

    @score("feedback_theme_ratio", "Theme", "irritants et thèmes", unit="ratio", higher_is_better=False)
    def themes(self) -> Estimate | None:
        """Comments that mention the theme/comments."""
        return proportion(self.mentions, self.comments)

    @score("feedback_theme_nps_score", "NPS of those who mention it", "NPS par thème", unit="points")
    def themes_nps(self) -> Estimate | None:
        """Net Promoter Score of the answers whose comment mentions the theme."""
        return net(self.promoters, self.detractors, self._rated)
