"""The one place for what watching depends on: who is told, addresses, and each threshold with its reason."""

from typing import Literal, NamedTuple

Severity = Literal["page", "ticket", "inform"]

#: Who is told of an alert, by its label `severity`.
SEVERITIES: dict[Severity, str] = {
    "page": "The engineer on call, who is woken at any hour: scores are not of now, or soon will not be.",
    "ticket": "The engineers, on their next working day: nothing is wrong in the scores yet.",
    "inform": "Those who answer for customer experience, while they work: the service is well, customers are not.",
}

#: `job` of the workers in Prometheus.
JOB = "feedback-stream"
#: `job` of the gateways.
GATEWAY_JOB = "feedback-gateway"
#: And of what fetches answers.
FETCH_JOB = "feedback-fetch"


class Addresses(NamedTuple):
    """Where people open what messages link to."""

    grafana: str = "http://localhost:3000"
    runbook: str = "https://github.com/feedback-stream/feedback-stream/blob/main/docs/runbook.md"


#: Identities of the dashboards in deploy/grafana that links lead to; that of one KPI ends with its name.
EXPERIENCE, ONE_KPI, PIPELINE = "feedback-experience", "feedback-kpi-", "feedback-pipeline"
VOICE = "feedback-voice"


class Limit(NamedTuple):
    """A threshold, and why it is there."""

    value: float
    why: str


DOWN_MINUTES = Limit(2, "A restart with a small table takes seconds; twelve scrapes in a row are no hiccup.")
WORKER_DOWN_MINUTES = Limit(5, "The others take its partitions over within a minute; a rollout takes less than five.")
UNCOUNTED_MINUTES = Limit(10, "Twice the time that recovery may take before it is said to be slow.")
RECOVERY_SECONDS = Limit(
    300, "For so long after each restart nothing is counted. Tables of usual size are recovered in less than a minute."
)
STALLED_SECONDS = Limit(
    90, "Half of the default `stall_timeout`: the process ends itself at the whole of it, which often helps."
)
LAG_SECONDS = Limit(
    60,
    "Seconds of work at the speed of the last ten minutes. A number of records would be nothing at 10,000 a second, "
    "and a week's at 50 a day. It must be so for ten minutes: the backlog of an ordinary restart is gone by then.",
)
WATERMARK_RECORDS = Limit(
    40,
    "Records a partition must have had on average before its silence means something: with keys spread evenly, chance "
    "leaves one out once in e^40 times.",
)
REJECTED_SHARE = Limit(0.02, "A sender whose form has changed breaks a large share at once; strays stay below.")
REJECTED_RECORDS = Limit(10, "With fewer in 15 minutes, one bad record in a quiet hour would be a large share.")
USUAL_RECORDS = Limit(
    30,
    "Records that the hour usually has, below which nothing can be told: by chance 30 become fewer than 9 once in "
    "500,000 hours, but 10 fewer than 3 once in 360.",
)
COLLAPSED_SHARE = Limit(
    0.3, "Holidays and campaigns move an hour by half; a broken survey tool takes nearly all of it."
)
FETCH_DOWN_MINUTES = Limit(
    15, "Nothing is lost soon: notifications wait for 14 days. A rollout, or a broker that restarts, takes less."
)
FETCH_WAITS_HOURS = Limit(
    6,
    "Attempts come after 5, 10, 20 minutes, and so on: seven have failed by then, or the API is slower than what comes "
    "in. Of the default patience of three days enough is left to mend it.",
)


class Feed(NamedTuple):
    """A topic that must not be silent for so many hours: by day where `by_day`, else at any time.

    One that is `optional` only if it has spoken within the last week: not every company has all of them.
    """

    topic: str
    title: str
    hours: int
    by_day: bool
    severity: Severity
    why: str
    optional: bool = False


#: The day, in hours of UTC, and the weekdays (0 is Sunday) on which a feed `by_day` has to speak.
OPENS, CLOSES, FIRST_DAY, LAST_DAY = 8, 20, 1, 6

#: One for each topic that a KPI is computed from; comments have alerts of their own.
FEEDS = (
    Feed(
        "feedback.surveys", "Surveys", 3, True, "page",
        "At 50 answers in a day of twelve hours, chance leaves three hours empty once in 270,000 times. With more "
        "answers, shorten it; nights and Sundays are left out, since many contact centres are closed then.",
    ),
    Feed(
        "feedback.churn", "Churn", 36, False, "ticket",
        "Billing systems write it once a day: one such delivery was missed, with half a day to spare.",
    ),
    Feed(
        "feedback.contacts", "Contacts", 3, True, "ticket",
        "There are more contacts than answers to surveys, so three hours without one are no chance. Nobody is woken: "
        "what customers say comes in by surveys.", True,
    ),
    Feed(
        "feedback.orders", "Orders", 36, False, "ticket",
        "Shops export their orders once a day: one such delivery was missed, with half a day to spare.", True,
    ),
    Feed(
        "feedback.invitations", "Invitations", 6, True, "ticket",
        "Survey tools send invitations soon after a contact, or in batches, twice a day: one batch was missed. While "
        "nobody is invited, answers go on for some days, and then end.", True,
    ),
    Feed(
        "feedback.cases", "Cases", 96, False, "ticket",
        "Only unhappy customers bring cases, and a weekend has none; four days have two working days in them. At five "
        "cases a day, chance leaves two days empty once in 22,000 times.", True,
    ),
)  # fmt: skip
COMMENTS_LAG_MINUTES = Limit(
    10, "Reading is quick: so much of the traffic waits only after an outage, or where the stage is too slow for it."
)
COMMENTS_SILENT_ANSWERS = Limit(
    300, "Where only one answer in twenty has a comment, chance leaves 300 without any once in 5 million times."
)
THEME_MENTIONS = Limit(
    60,
    "Comments of a week that mention a theme, below which nothing is told of it: 30 in the week before become 60 by "
    "chance once in 1,000 times, 5 become 10 once in 7.",
)
THEME_GROWTH = Limit(2, "Themes come and go with the seasons, invoices and campaigns; one that doubles has a cause.")
THEME_COMMENTS_SHARE = Limit(0.5, "Where the week before had fewer than half as many comments, it is no measure.")


class Aim(NamedTuple):
    """A score that is held against its target over a window, and why over that one.

    It is missed only where its whole 95 % interval is on the wrong side. The targets themselves are the service's
    setting `targets`; where there is none, nothing is missed.
    """

    score: str
    window: str
    why: str
    first: str = "Read what these customers say: the comments, and the board of their themes."


AIMS = (
    Aim("nps", "7d", "A week has each of its days in it once, and enough answers."),
    Aim("csat", "7d", "A week has each of its days in it once, and enough answers."),
    Aim("ces", "7d", "A week has each of its days in it once, and enough answers."),
    Aim("enps", "30d", "Employees are asked rarely: only the longest window has enough answers."),
    Aim("churn", "30d", "Its target is one of 30 days."),
    Aim("retention", "30d", "Its target is one of 30 days."),
    Aim(
        "fcr", "30d",
        "A contact of the last week may still be followed by another on the same issue, which takes its resolution "
        "back: of 30 days, most are certain. Until then the score is too high, so what misses the target does so.",
        "Find the issues that come back: the table of touchpoints, and the themes of those who turn to you again.",
    ),
    Aim(
        "response_time_within_target", "7d", "A week has each of its days in it once, with its peaks and its staff.",
        "See at which hours and on which channels it is: the trend of the 5m or 1h window, and the table of channels. "
        "The setting `response_targets` says what is in time.",
    ),
    Aim(
        "response_rate", "30d", "Answers come days after the invitation: of 30 days, nearly all are there.",
        "See whether one survey or channel has fallen, or all: a questionnaire that got longer, an invitation that "
        "goes to spam.",
    ),
    Aim(
        "closed_loop", "7d", "A week has each of its days in it once; a case counts when its 48 hours have passed.",
        "Call back who waits: the tool of the cases lists the open ones, oldest first. The setting `case_target` says "
        "what is in time.",
    ),
)  # fmt: skip
