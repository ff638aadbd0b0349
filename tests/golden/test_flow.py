"""From records to `/metrics` and to the dead letters: exactly what is committed, and its key numbers by hand."""

import os

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from stream.settings import Settings

from .files import FOLDER, compare
from .flow import Flow, Record, read


@pytest.fixture
def records() -> list[Record]:
    return read(FOLDER / "flow.in.jsonl")


@pytest.fixture
def flow(records: list[Record], monkeypatch: pytest.MonkeyPatch) -> Flow:
    for name in [name for name in os.environ if name.startswith("FEEDBACK_")]:
        monkeypatch.delenv(name)
    settings = Settings(
        windows="1h/1m,24h/15m", scopes="channel,segment", cross="channel,segment", min_sample=2,
        max_record_bytes=1024, grace=3600,
    )  # fmt: skip
    flow = Flow(settings)
    for record in records:
        flow.feed(record)
    return flow


def test_metrics_are_what_is_committed(flow: Flow) -> None:
    compare("flow.metrics.prom", flow.metrics())


def test_dead_letters_are_what_is_committed(flow: Flow) -> None:
    compare("flow.dead_letters.jsonl", flow.dead_letters())


def test_every_record_has_one_outcome(flow: Flow, records: list[Record]) -> None:
    assert flow.outcomes == {
        "accepted": 13, "duplicate": 1, "corrected": 1, "deleted": 1, "late": 1, "rejected": 9,
    }  # fmt: skip
    assert flow.outcomes.total() == len(records)


def test_dead_letters_keep_the_record_as_it_was(flow: Flow, records: list[Record]) -> None:
    for rejection in flow.rejections:
        assert any(rejection.record is record for record in records)
    lines = [orjson.loads(line) for line in (FOLDER / "flow.dead_letters.jsonl").read_bytes().splitlines()]
    reasons = [dict(line["headers"])["feedback-reason"] for line in lines]
    assert reasons == [
        "fractional_score", "wrong_type", "out_of_range", "null_value", "invalid_json", "wrong_topic", "too_large",
        "invalid_cloudevent", "time_in_future",
    ]  # fmt: skip
    own = [header for header in lines[0]["headers"] if not header[0].startswith("feedback-")]
    assert own == [["traceparent", "00-1"]]
    assert dict(lines[2]["headers"])["feedback-offset"] == "2"


def test_samples_are_those_computed_by_hand() -> None:
    text = (FOLDER / "flow.metrics.prom").read_text(encoding="utf-8")
    samples = {
        (sample.name, sample.labels.pop("window"), *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    # One hour: a 10, b 0, the cloud event 9 and d 9 (corrected from 3); e is deleted, f is of yesterday.
    assert samples["feedback_nps_score", "1h", "all", "all"] == 100 * (3 - 1) / 4
    assert samples["feedback_nps_score", "1h", "phone", "channel"] == 0.0  # a 10, b 0: a value, though 0
    assert samples["feedback_nps_sample_size", "1h", "all", "all"] == 4
    assert samples["feedback_nps_score", "24h", "all", "all"] == 100 * (3 - 1) / 5
    # One CSAT answer is withheld, but its sample size is shown; CES has none, and so no sample.
    assert ("feedback_csat_ratio", "1h", "all", "all") not in samples
    assert samples["feedback_csat_sample_size", "1h", "all", "all"] == 1
    assert not [key for key in samples if key[0].startswith("feedback_ces")]
    # 40 and 60 customers on two partitions; 3 lost, 1 back.
    assert samples["feedback_churn_ratio", "1h", "all", "all"] == (3 - 1) / 100
    assert samples["feedback_retention_ratio", "1h", "all", "all"] == (100 - 3 + 1) / 100
    # The cross holds additive fields, of windows of a day and more only.
    assert samples["feedback_nps_promoters", "24h", "phone", "premium"] == 1
    assert samples["feedback_nps_detractors", "24h", "phone", "basic"] == 1
    assert not [key for key in samples if key[:2] == ("feedback_nps_promoters", "1h")]
