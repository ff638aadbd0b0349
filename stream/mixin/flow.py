"""Alerts on what flows: feeds, their volume, what is rejected, what waits, whose time stands still."""

from stream.mixin import config
from stream.mixin.alert import Alert, Example, asked
from stream.mixin.config import Feed
from stream.mixin.recording import ACCEPTED, LAG, REJECTED, USUAL

_EVENTS = 'feedback_events_total{topic="feedback.surveys",outcome="%s"}'
_LAG = 'feedback_consumer_lag_records{topic="feedback.surveys",partition="%d",instance="a"}'
_WATERMARK = 'feedback_watermark_timestamp_seconds{topic="feedback.surveys",partition="%d",instance="a"}'


def alerts() -> list[Alert]:
    """Those of every feed, and those that hold for all topics."""
    return [*map(silent, config.FEEDS), collapsed(), dead_letters(), lag(), watermark()]


def silent(feed: Feed) -> Alert:
    """A feed that says nothing, also where no worker is left to tell of it."""
    counted = f'sum(increase(feedback_events_total{{topic="{feed.topic}"}}[{feed.hours}h]))'
    expr = f"({counted} or vector(0)) == 0"
    if feed.by_day:
        # The whole look-back lies within the day, so that the quiet of the night does not count.
        expr += f"\nand on () (hour() >= {config.OPENS + feed.hours} < {config.CLOSES})"
        expr += f"\nand on () (day_of_week() >= {config.FIRST_DAY} <= {config.LAST_DAY})"
    if feed.optional:
        expr += f'\nand on () sum(increase(feedback_events_total{{topic="{feed.topic}"}}[7d])) > 0'
    newest = f"time() - max(last_over_time(feedback_last_event_timestamp_seconds{{topic='{feed.topic}'}}[7d]))"
    fires, quiet = _by_day(feed) if feed.by_day else _at_any_time(feed)
    return Alert(
        name=f"Feedback{feed.title}Silent",
        severity=feed.severity,
        wait="5m",
        labels={"topic": feed.topic},
        expr=expr,
        summary=f"Nothing comes in on {feed.topic}",
        description=f"No record has been counted on {feed.topic} for {feed.hours} h."
        + asked(newest, " Its newest event is {{ . | first | value | humanizeDuration }} old."),
        why=feed.why + (" It is told only if it has spoken within the last week." if feed.optional else ""),
        steps=f"""
            Ask the sender (survey tool, connector) whether it sends, and look at its log: most often it is
            there.

            See whether the topic grows: `kafka-get-offsets.sh --topic {feed.topic}`, twice. If it does,
            nothing is wrong with the sender; see [FeedbackLag](#feedbacklag) and
            [FeedbackDown](#feedbackdown).

            Once it is back, it catches up by itself, and each event counts in the window of its own time.
        """,
        dashboard=config.PIPELINE,
        fires=fires,
        quiet=quiet,
    )


def _by_day(feed: Feed) -> tuple[Example, Example]:
    """Nothing since before the day began, with every series gone; and quiet up to the moment when it must speak."""
    night, first = config.OPENS - 1, config.OPENS + feed.hours
    said = f"No record has been counted on {feed.topic} for {feed.hours} h. Its newest event is "
    steps = 12 * night
    speaks = 12 * feed.hours + 6
    return (
        Example(
            _feed(feed, f"0+10x{steps}", f"0+300x{steps}"),
            at=f"{first + 1}h",
            step="5m",
            says=f"{said}{first + 1 - night}h 0m 0s old.",
        ),
        Example(
            _feed(feed, f"0+10x{steps} {10 * steps}+0x{speaks} {10 * steps}+1x100"),
            at=f"{first - 1}h {first + 1}h",
            step="5m",
        ),
    )


def _at_any_time(feed: Feed) -> tuple[Example, Example]:
    """Nothing for longer than allowed, with every series gone; and for somewhat less."""
    said = f"No record has been counted on {feed.topic} for {feed.hours} h. Its newest event is "
    late = feed.hours + 3
    return (
        Example(
            _feed(feed, "0+10x6", "0+600x6"),
            at=f"{late + 1}h",
            step="10m",
            says=f"{said}{late // 24}d {late % 24}h 0m 0s old.",
        ),
        Example(_feed(feed, f"0+10x6 60+0x{6 * late}"), at=f"{feed.hours}h", step="10m"),
    )


def _feed(feed: Feed, counted: str, newest: str = "") -> dict[str, str]:
    """The series of a feed: what is counted, and the time of its newest event."""
    series = {f'feedback_events_total{{topic="{feed.topic}",outcome="accepted"}}': counted}
    return series | ({f'feedback_last_event_timestamp_seconds{{topic="{feed.topic}"}}': newest} if newest else {})


def collapsed() -> Alert:
    """Far fewer records than in the same hour of other weeks."""
    week = 7 * 24 * 4
    return Alert(
        name="FeedbackVolumeCollapsed",
        severity="ticket",
        wait="15m",
        expr=f"{ACCEPTED}\n< {config.COLLAPSED_SHARE.value:g} * {USUAL}\nand {USUAL} >= {config.USUAL_RECORDS.value:g}",
        summary="Far fewer records than usual on {{ $labels.topic }}",
        description='{{ $value | printf "%.0f" }} new records on {{ $labels.topic }} in the last hour'
        + asked(f"{USUAL}{{topic=%q}}", '; usual at this hour are {{ . | first | value | printf "%.0f" }}', "topic")
        + ".",
        why=f"{config.COLLAPSED_SHARE.why} {config.USUAL_RECORDS.why} Usual is the mean of the same hour in the last "
        "four weeks.",
        steps="""
            Look for the channel, touchpoint or survey that is missing: sample sizes in the 1h window by
            scope.

            Ask whether a survey was ended, or invitations were stopped, on purpose; a public holiday looks
            alike.

            Until it is back, intervals are wider and scores lean towards those who still answer.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_EVENTS % "accepted": f"0+25x{week} {25 * week}+5x40"},
            at="174h",
            step="15m",
            labels={"topic": "feedback.surveys"},
            says="20 new records on feedback.surveys in the last hour; usual at this hour are 100.",
        ),
        # A quiet feed: from 8 an hour to none is no news.
        quiet=Example({_EVENTS % "accepted": f"0+2x{week} {2 * week}+0x24"}, at="174h", step="15m"),
    )


def dead_letters() -> Alert:
    """A share of the records that nobody can read."""
    return Alert(
        name="FeedbackDeadLettersRising",
        severity="ticket",
        wait="5m",
        expr='sum by (topic) (increase(feedback_events_total{outcome="rejected"}[15m])) '
        f">= {config.REJECTED_RECORDS.value:g}\nand {REJECTED} > {config.REJECTED_SHARE.value:g}",
        summary="Records of {{ $labels.topic }} go to the dead letters",
        description='{{ $value | printf "%.0f" }} records of {{ $labels.topic }} were rejected within 15 minutes'
        + asked(f"{REJECTED}{{topic=%q}}", ", {{ . | first | value | humanizePercentage }} of all", "topic")
        + ".",
        why=f"{config.REJECTED_SHARE.why} {config.REJECTED_RECORDS.why}",
        steps="""
            See what is wrong with them: `feedback-stream dead-letters list`, then `show` for one;
            [Events](events.md) lists the reasons.

            Have the sender corrected; nothing is lost meanwhile, dead letters keep the original bytes.

            What can be read now goes back by `feedback-stream dead-letters replay`.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_EVENTS % "accepted": "0+90x60", _EVENTS % "rejected": "0+10x60"},
            at="30m",
            labels={"topic": "feedback.surveys"},
            says="150 records of feedback.surveys were rejected within 15 minutes, 10% of all.",
        ),
        # One bad record in a quiet quarter of an hour is all of it, and no news.
        quiet=Example({_EVENTS % "accepted": "0+0x60", _EVENTS % "rejected": "0+0x20 1+0x40"}, at="25m"),
    )


def lag() -> Alert:
    """More waits than is counted in a minute."""
    return Alert(
        name="FeedbackLag",
        severity="page",
        wait="10m",
        expr=f"{LAG}\n> {config.LAG_SECONDS.value:g} * sum by (topic) (rate(feedback_events_total[10m]))",
        summary="The scores lag behind {{ $labels.topic }}",
        description='{{ $value | printf "%.0f" }} records of {{ $labels.topic }} wait to be counted'
        + asked(
            "sum(rate(feedback_events_total{topic=%q}[10m]))",
            ', while {{ . | first | value | printf "%.1f" }} a second are counted',
            "topic",
        )
        + ".",
        why=config.LAG_SECONDS.why,
        steps="""
            If nothing is counted at all, the log of the worker that holds the partition says why; see
            [FeedbackWorkStalled](#feedbackworkstalled).

            If the workers are busy (CPU at its limit), start more of them, up to the number of partitions.

            If the topic is being filled anew on purpose, wait: rate and lag on the dashboard say how long.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_EVENTS % "accepted": "0+600x60", _LAG % 0: "4000x60", _LAG % 1: "2000x60"},
            at="40m",
            labels={"topic": "feedback.surveys"},
            says="6000 records of feedback.surveys wait to be counted, while 10.0 a second are counted.",
        ),
        # The same backlog, at a speed at which it is a matter of seconds.
        quiet=Example({_EVENTS % "accepted": "0+60000x60", _LAG % 0: "4000x60", _LAG % 1: "2000x60"}, at="40m"),
    )


def watermark() -> Alert:
    """Records come, but their times do not move on."""
    moves = "max by (topic, partition) (changes(feedback_watermark_timestamp_seconds[15m]))"
    partitions = "count by (topic) (count by (topic, partition) (feedback_watermark_timestamp_seconds))"
    return Alert(
        name="FeedbackWatermarkStalled",
        severity="ticket",
        wait="10m",
        expr="time() - max by (topic, partition) (feedback_watermark_timestamp_seconds)\n"
        f"and on (topic, partition) {moves} == 0\n"
        "and on (topic) sum by (topic) (increase(feedback_events_total[15m]))\n"
        f"  > {config.WATERMARK_RECORDS.value:g} * {partitions}",
        summary="Time stands still in partition {{ $labels.partition }} of {{ $labels.topic }}",
        description="The watermark of {{ $labels.topic }}, partition {{ $labels.partition }}, is "
        "{{ $value | humanizeDuration }} old and has not moved for 15 minutes, while the topic is being read.",
        why=config.WATERMARK_RECORDS.why,
        steps="""
            Compare with the other partitions: if one alone stands still, its producer or its keys are at
            fault.

            If all stand still, records carry old times: an import of the past (then wait), or a sender
            whose clock or whose `occurred_at` stands still.

            Scores are right for the times that records have; late ones are counted as `late` on the
            dashboard.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {_EVENTS % "accepted": "0+100x60", _WATERMARK % 0: "0+60x60", _WATERMARK % 1: "0+60x10 600+0x50"},
            at="40m",
            labels={"topic": "feedback.surveys", "partition": "1"},
            says="The watermark of feedback.surveys, partition 1, is 30m 0s old and has not moved for 15 minutes, "
            "while the topic is being read.",
        ),
        # A quiet hour: a partition without a record is nothing strange.
        quiet=Example(
            {_EVENTS % "accepted": "0+2x60", _WATERMARK % 0: "0+60x60", _WATERMARK % 1: "0+60x10 600+0x50"}, at="40m"
        ),
    )
