"""What the doctor finds without asking a broker."""

from pathlib import Path

import pytest

from stream.doctor import Finding, _clock, _data_dir, _settings, _topics
from stream.events import SOURCES
from stream.kpi import KPIS
from stream.settings import Settings
from stream.topics import ALERTS, DEAD_LETTERS, SCORES, changelog

SETTINGS = Settings(app_id="own")
COMPLETE = dict.fromkeys((*SOURCES, DEAD_LETTERS, SCORES, ALERTS, *(changelog(SETTINGS, kpi) for kpi in KPIS)), 4)


def test_topics_that_fit_are_ok() -> None:
    findings = _topics(SETTINGS, COMPLETE)
    assert {finding.state for finding in findings} == {"ok"}
    assert [finding.what for finding in findings] == [f"topic {name}" for name in COMPLETE]


def test_missing_topics_are_named_at_once() -> None:
    found = {name: 4 for name in COMPLETE if name not in {"feedback.cases", "own-nps-changelog"}}
    (missing,) = [finding for finding in _topics(SETTINGS, found) if finding.state != "ok"]
    assert (missing.state, missing.what) == ("warning", "missing topics")
    assert missing.found == "feedback.cases, own-nps-changelog"


def test_a_changelog_with_other_partitions_than_its_source_has_failed() -> None:
    failed = [finding for finding in _topics(SETTINGS, COMPLETE | {"feedback.churn": 5}) if finding.state != "ok"]
    assert {finding.state for finding in failed} == {"failed"}
    assert {finding.what for finding in failed} == {"topic own-churn-changelog", "topic own-retention-changelog"}
    assert all("feedback.churn has 5: `feedback-stream rebuild`" in finding.advice for finding in failed)


def test_verbatims_must_have_as_many_partitions_as_answers() -> None:
    own = [changelog(SETTINGS, name) for name, kpi in KPIS.items() if kpi.source == "feedback.verbatims"]
    fewer = dict.fromkeys(["feedback.verbatims", *own], 3)
    (failed,) = [each for each in _topics(SETTINGS, COMPLETE | fewer) if each.state != "ok"]
    assert (failed.state, failed.what, failed.found) == ("warning", "topic feedback.verbatims", "3 partitions")
    assert failed.advice.startswith("feedback.surveys has 4, so worker --role text does not start: give it as many")


def test_a_changelog_without_its_source_is_only_missing_it() -> None:
    found = {name: count for name, count in COMPLETE.items() if name != "feedback.surveys"}
    assert [finding.what for finding in _topics(SETTINGS, found) if finding.state != "ok"] == ["missing topics"]


def test_settings_say_what_they_mean() -> None:
    settings = Settings(windows="1h/1m,90d/1d", edit_horizon="36h")
    assert _settings(settings) == Finding("ok", "settings", "windows 1h, 90d; answers can be corrected for 1.5 days")


def test_a_data_directory_is_made_and_left_empty(tmp_path: Path) -> None:
    finding = _data_dir(Settings(data_dir=tmp_path / "new" / "deep"))
    assert finding == Finding("ok", "data directory", str(tmp_path / "new" / "deep"))
    assert not list((tmp_path / "new" / "deep").iterdir())


@pytest.mark.parametrize("below", ["file", "file/below"])
def test_a_data_directory_that_cannot_be_written_has_failed(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    finding = _data_dir(Settings(data_dir=tmp_path / below))
    assert (finding.state, finding.advice) == ("failed", "set FEEDBACK_DATA_DIR")


async def test_without_topics_there_is_no_clock_to_compare_with() -> None:
    assert await _clock({}, [], {}) == Finding("ok", "clock", "no records to compare with yet")
