"""Alerts on comments: that the stage which reads them keeps up and lives, and that a theme surges."""

from stream.mixin import config
from stream.mixin.alert import Alert, Example, asked
from stream.mixin.recording import recorded

_WINDOW = '{window="7d"}'
_SHARE, _LOWER, _UPPER = (f"feedback_theme_ratio{suffix}" for suffix in ("", "_lower", "_upper"))
_MENTIONS, _COMMENTS = "feedback_themes_sample_size", "feedback_sentiment_sample_size"
_ANSWERS = 'feedback_events_total{topic="feedback.surveys",outcome="accepted"}'
_WAITING = 'feedback_comments_lag_records{topic="feedback.surveys",partition="%d"}'
_READ = 'feedback_comments_total{language="fr"}'


def stage() -> list[Alert]:
    """Those on the text stage; where it does not run, there is nothing that they could fire on."""
    return [lag(), silent()]


def lag() -> Alert:
    """Answers wait to be looked at for a comment."""
    minutes = config.COMMENTS_LAG_MINUTES.value
    return Alert(
        name="FeedbackCommentsLag",
        severity="ticket",
        wait="15m",
        expr="sum by (topic) (max by (topic, partition) (feedback_comments_lag_records))\n"
        f"> {60 * minutes:g} * sum by (topic) (rate(feedback_events_total[1h]))",
        summary="Sentiment and themes lag behind {{ $labels.topic }}",
        description='{{ $value | printf "%.0f" }} answers wait to be looked at for a comment, more than come in within '
        f"{minutes:g} minutes.",
        why=config.COMMENTS_LAG_MINUTES.why,
        steps="""
            See whether it falls: *Comments* on the dashboard shows what waits. After an outage, or a first start on a
            long topic, wait.

            If it grows, start more of them: `feedback-stream worker --role text`, up to the number of partitions.

            Scores are right and of now meanwhile; comments count at the time of their answers when they are read.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_ANSWERS: "0+60x120", _WAITING % 0: "900x120", _WAITING % 1: "100x120"},
            at="100m",
            labels={"topic": "feedback.surveys"},
            says="1000 answers wait to be looked at for a comment, more than come in within 10 minutes.",
        ),
        # The same backlog, of a traffic that brings it in a minute.
        quiet=Example(
            {_ANSWERS: "0+1000x120", _WAITING % 0: "1000x120"},
            at="100m",
        ),
    )  # fmt: skip


def silent() -> Alert:
    """Answers come in, and no comment of them is read."""
    enough = config.COMMENTS_SILENT_ANSWERS
    return Alert(
        name="FeedbackCommentsSilent",
        severity="ticket",
        wait="15m",
        expr=f"sum(increase({_ANSWERS}[6h])) >= {enough.value:g}\n"
        "and on () (sum(increase(feedback_comments_total[6h])) or vector(0)) == 0\n"
        "and on () sum(increase(feedback_comments_total[7d])) > 0",
        summary="No comments are read",
        description='{{ $value | printf "%.0f" }} answers have come in within 6 hours, and no comment was read.',
        why=f"{enough.why} It is told only if comments were read within the last week.",
        steps="""
            Does it run? `docker compose ps text`, or `kubectl get pods`. Its log says in one sentence what keeps
            it from starting, such as a taxonomy that cannot be read.

            If it runs, look into the answers: `feedback-stream score` on a few of them, and the survey tool's
            question for a comment, which may be gone.

            Nothing is lost: it goes on where it stopped, as long as Kafka keeps the answers.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_ANSWERS: "0+10x120", _READ: "0+2x40 stale"},
            at="585m",
            step="5m",
            says="720 answers have come in within 6 hours, and no comment was read.",
        ),
        # So few answers that none of them need have a comment.
        quiet=Example({_ANSWERS: "0+1x120", _READ: "0+2x40 stale"}, at="585m", step="5m"),
    )


def surging() -> Alert:
    """A theme is twice as frequent as in the week before, beyond chance."""
    share, lower, upper, mentions, comments = (
        recorded(metric) + _WINDOW for metric in (_SHARE, _LOWER, _UPPER, _MENTIONS, _COMMENTS)
    )
    growth, least, enough = config.THEME_GROWTH, config.THEME_COMMENTS_SHARE, config.THEME_MENTIONS
    # A theme that nobody mentioned then has no series of then.
    before = f"({mentions} offset 1w / on (window) group_left () {comments} offset 1w or 0 * {mentions})"
    now = asked(f"{recorded(_MENTIONS)}{{window='7d',theme=%q}}", ' {{ . | first | value | printf "%.0f" }}', "theme")
    then = asked(
        f"{recorded(_MENTIONS)}{{window='7d',theme=%q}} offset 1w / on (window) group_left () "
        f"{recorded(_COMMENTS)}{{window='7d'}} offset 1w",
        "{{ . | first | value | humanizePercentage }} the week before",
        "theme",
    ).replace("{{ end }}", "{{ else }}none the week before{{ end }}")
    return Alert(
        name="FeedbackThemeSurging",
        severity="inform",
        wait="1h",
        labels={"kpi": "themes"},
        expr=f"{share} >= {growth.value:g} * {before}\n"
        f"and {mentions} >= {enough.value:g}\n"
        f"unless {lower} <= {upper} offset 1w\n"
        f"and on (window) {comments} offset 1w >= {least.value:g} * {comments}",
        summary="Far more comments on {{ $labels.theme }}",
        description="{{ $value | humanizePercentage }} of the comments of 7d mention {{ $labels.theme }}, after "
        f"{then}.{now} comments mention it.",
        why=f"{growth.why} {enough.why} {least.why} The 95 % intervals of both weeks must not touch.",
        steps="""
            Read some of the comments, and ask what changed when it began: *Themes over time* on the dashboard.

            See whom it concerns, by choosing scope and member there: one channel or touchpoint has one cause.

            The NPS of those who mention it says whether it hurts; a theme can also be praised.
        """,
        dashboard=config.VOICE,
        fires=_surge({"waiting": (20, 90), "price": (100, 100)}),
        # Twice as many, but of a theme that few mention; and a frequent one that has not doubled.
        quiet=_surge({"waiting": (10, 20), "price": (60, 100)}),
    )


def _surge(themes: dict[str, tuple[int, int]]) -> Example:
    """How many of a thousand comments mention each theme, in one week and the next, as two workers show it."""
    series = {}
    for worker in ("a", "b"):
        own = f'scope="all",member="all",window="7d",instance="{worker}"'
        series[f"{_COMMENTS}{{{own}}}"] = "1000x50"
        for theme, weeks in themes.items():
            # Bounds somewhat like those of a hundred mentions.
            for metric, unit in ((_MENTIONS, 1.0), (_SHARE, 0.001), (_LOWER, 0.0008), (_UPPER, 0.00125)):
                before, now = (f"{unit * mentions:g}" for mentions in weeks)
                series[f'{metric}{{{own},theme="{theme}"}}'] = f"{before}x28 {now}x20"
    return Example(
        series,
        at="216h",
        step="6h",
        labels={"theme": "waiting", "window": "7d"},
        says="9% of the comments of 7d mention waiting, after 2% the week before. 90 comments mention it.",
    )
