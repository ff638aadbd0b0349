"""Topics that must fit together, told apart without a broker."""

import pytest

from stream.errors import BrokerError
from stream.events import SOURCES
from stream.kpi import KPIS
from stream.settings import Settings
from stream.topics import _check, changelog

SETTINGS = Settings(app_id="own")
FITTING = dict.fromkeys((*SOURCES, *(changelog(SETTINGS, kpi) for kpi in KPIS)), 4)


def test_topics_that_fit_are_taken() -> None:
    _check(SETTINGS, FITTING)


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("own-nps-changelog", "feedback.surveys has 4 partitions, but own-nps-changelog has 3: partitions were added"),
        ("feedback.verbatims", "feedback.surveys has 4 partitions, but feedback.verbatims has 3: give it as many"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(topic: str, said: str) -> None:
    with pytest.raises(BrokerError, match=said):
        _check(SETTINGS, FITTING | {topic: 3})
