"""What the stage shows of itself."""

from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from stream.text.stage import StageMetrics
from stream.text.verbatims import TONGUES

FIRST, SECOND = TopicPartition("feedback.surveys", 0), TopicPartition("feedback.surveys", 1)


def test_lag_is_shown_of_what_is_held_and_of_nothing_else() -> None:
    registry = CollectorRegistry()
    metrics = StageMetrics(registry)

    def shown(partition: str) -> float | None:
        labels = {"topic": "feedback.surveys", "partition": partition}
        return registry.get_sample_value("feedback_comments_lag_records", labels)

    metrics.show_lag({FIRST: 7, SECOND: 1}, [FIRST, SECOND])
    assert (shown("0"), shown("1")) == (7.0, 1.0)
    metrics.show_lag({FIRST: 3}, [FIRST, SECOND])
    assert (shown("0"), shown("1")) == (3.0, 1.0)
    metrics.show_lag({FIRST: 9}, [SECOND])
    assert (shown("0"), shown("1")) == (None, 1.0)


def test_every_language_is_shown_from_the_start() -> None:
    registry = CollectorRegistry()
    StageMetrics(registry)
    found = [registry.get_sample_value("feedback_comments_total", {"language": tongue}) for tongue in TONGUES]
    assert found == [0.0] * len(TONGUES)
