"""Things of different kinds never meet, whatever they are called: `score` over all says what it says of each."""

from collections import Counter
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.events import EVENTS
from stream.events.times import isoformat
from stream.kpi import SCORES
from stream.score import Report, Scorer
from stream.settings import Settings

NOW = 1_772_359_200
SETTINGS = Settings(windows="24h/1h", scopes="channel", cross="", min_sample=1)
TOPICS = {event.name: event.topic for event in EVENTS}

#: Few names, so that they are often the same; answers are called like kinds, and like what is behind these.
IDS = st.sampled_from(["k1", "case"])
RESPONSES = st.sampled_from(["case", "invitation", "verbatim", "customer_count"])
QUESTIONS = st.sampled_from(["k1", "case", "k1\0k1", "\0".join(["unknown"] * 5)])
AT = st.integers(0, 3_600).map(lambda seconds: isoformat(NOW - seconds))


def event(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind), "occurred_at": AT, **fields})


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


KINDS = st.one_of(
    event("survey_response", response_id=RESPONSES, question=QUESTIONS, kpi=st.just("nps"), score=one_of(0, 9)),
    event("survey_response", response_id=RESPONSES, question=QUESTIONS, kpi=st.just("nps"), score=one_of(None),
          status=st.just("deleted"), x=st.just("the models read it")),
    event("churn", customer_id=IDS, change=one_of("joined", "lost")),
    event("customer_count", customers=one_of(10, 20), channel=one_of("unknown", "phone")),
    event("contact", contact_id=IDS, customer_id=IDS, resolved=one_of(True, False)),
    event("order", order_id=IDS, customer_id=IDS, amount=one_of("1.00", "2.00"), currency=st.just("EUR")),
    event("invitation", invitation_id=IDS, kpi=st.just("nps"), status=one_of("delivered", "bounced")),
    event("case", case_id=IDS, status=one_of("opened", "closed")),
    event("verbatim", response_id=IDS, question=IDS, sentiment=one_of("positive", "negative")),
)  # fmt: skip


def scored(events: list[dict[str, Any]]) -> Report:
    scorer = Scorer(SETTINGS, now=NOW, as_of=NOW)
    scorer.count(map(orjson.dumps, events))
    return scorer.report()


def counted(report: Report, topic: str) -> list[tuple[Any, ...]]:
    """What was counted of a topic."""
    rows = (score for score in report.scores if SCORES[score.score][0].source == topic)
    return sorted((row.score, row.scope, row.member, row.n) for row in rows)


@settings(max_examples=50)
@given(st.lists(KINDS, max_size=12))
def test_each_kind_counts_as_if_it_were_alone(events: list[dict[str, Any]]) -> None:
    everything = scored(events)
    outcomes: Counter[str] = Counter()
    for topic in {TOPICS[each["type"]] for each in events}:
        alone = scored([each for each in events if TOPICS[each["type"]] == topic])
        outcomes += alone.outcomes
        assert counted(everything, topic) == counted(alone, topic)
    assert everything.outcomes == outcomes  # and nothing more


def test_a_case_and_an_answer_of_the_same_name() -> None:
    case = {"type": "case", "case_id": "k1", "status": "opened", "occurred_at": isoformat(NOW - 60)}
    answer = {
        "type": "survey_response", "response_id": "case", "question": "k1", "kpi": "nps", "score": 9,
        "occurred_at": isoformat(NOW - 60),
    }  # fmt: skip
    orders: list[list[dict[str, Any]]] = [[case, answer], [answer, case]]
    for events in orders:
        assert scored(events).outcomes == {"accepted": 2}
