"""Topics that must fit together, told apart without a broker."""

import pytest

from stream.errors import BrokerError
from stream.events import SOURCES
from stream.kpi import KPIS
from stream.settings import Settings
from stream.topics import _check, changelog, check_beside

SETTINGS = Settings(app_id="own")
FITTING = dict.fromkeys((*SOURCES, *(changelog(SETTINGS, kpi) for kpi in KPIS)), 4)


def test_topics_that_fit_are_taken() -> None:
    _check(SETTINGS, FITTING)


def test_a_changelog_with_fewer_partitions_than_its_source_is_refused() -> None:
    said = "feedback.surveys has 4 partitions, but own-nps-changelog has 3: partitions were added"
    with pytest.raises(BrokerError, match=said):
        _check(SETTINGS, FITTING | {"own-nps-changelog": 3})


def test_verbatims_need_a_partition_for_each_of_the_answers() -> None:
    for partitions in (4, 5):
        check_beside(FITTING | {"feedback.verbatims": partitions}, "feedback.verbatims")
    said = "feedback.surveys has 4 partitions, but feedback.verbatims has 3: give it as many"
    with pytest.raises(BrokerError, match=said):
        check_beside(FITTING | {"feedback.verbatims": 3}, "feedback.verbatims")
