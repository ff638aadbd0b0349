"""*Voice of the customer*: what comments are about, and how those feel who write them."""

from collections.abc import Iterator

from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from stream.dashboards import scores, themes
from stream.dashboards.board import Row, board, member, scope, window
from stream.dashboards.panels import About, Query, bars, lines, note
from stream.dashboards.queries import MEMBER, MEMBERS, Figure

_UNREAD = "no comments: does the text stage run, and is it scraped?"
_CAREFUL = """\
- **A theme with few comments says little.** With 20 answers, an NPS of 0 may as well be −40 or +40: look at the
  interval, not at the rank. The worst of many small themes is the worst by chance more often than not.
- **Who writes is not everybody.** Those who comment are more content or less content than those who do not; compare
  themes with one another, and with *than all answers* only where it is clear.
- **A theme is not the reason.** Who mentions the price may be unhappy for another reason that the same comment names.
- **Words are read by rules**, which miss irony, and now and then a comment: a trend, a difference between members and a
  surge mean something; a level to the last per cent does not. `feedback-stream themes` shows how each comment is read.
- **Missing is not zero.** A theme without a line has too few comments in this window: choose a longer one.
"""


def boards() -> Iterator[Dashboard]:
    """One dashboard of comments."""
    mood = Figure.of("sentiment", MEMBER)
    compared = Figure.of("sentiment", MEMBERS.replace("$scope", "$compared"))
    yield board(
        "feedback-voice",
        "Voice of the customer",
        "What customers write about, how they feel, and what can be told from how many comments.",
        [
            Row(
                "What $member of $scope say, last $window",
                [
                    scores.now(mood, width=8, height=5), scores.evidence(mood, width=8), scores.change(mood, width=8),
                    themes.worst(width=16, height=11), themes.shares(width=8, height=11),
                ],
            ),
            Row("Themes over time", [themes.trend(width=24, height=10), themes.growth(width=24, height=10)]),
            Row(
                "Sentiment",
                [
                    scores.trend(mood, width=12),
                    scores.by_member(compared, scope="$compared", width=12),
                    scores.members(compared, scope="$compared", width=24),
                ],
            ),
            Row("Comments", [*_comments()]),
            Row("What small samples do not tell", [note("How to read this", _CAREFUL, width=24, height=8)]),
        ],
        variables=[window(), scope("all"), member("all"), scope("channel", name="compared")],
    )  # fmt: skip


def _comments() -> Iterator[Panel]:
    said = "Comments read a minute, by language: *none* has no words, *unread* is in another language."
    yield lines(
        About("Comments by language", said, "cpm", nothing=_UNREAD),
        [Query("60 * sum by (language) (rate(feedback_comments_total[$__rate_interval]))", "{{language}}")],
        stacked=StackingMode.NORMAL,
    )  # fmt: skip
    said = "How many comments were read in the chosen time, by language."
    yield bars(
        About("Comments in the chosen time", said, "short", nothing=_UNREAD),
        [Query("sort_desc(sum by (language) (increase(feedback_comments_total[$__range])))", "{{language}}")],
    )  # fmt: skip
