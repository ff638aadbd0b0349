"""Recording rules and alerts: each is proved by a case that fires and one that does not, and names only what exists."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from stream.kpi import KPIS, SCORES
from stream.mixin import config
from stream.mixin.alert import Alert
from stream.mixin.catalogue import alerts
from stream.mixin.config import Addresses
from stream.mixin.documents import documents
from stream.reference_metrics import metrics
from stream.settings import Settings
from stream.targets import TARGETS

from .tools import DEPLOY, ROOT, said

PROMETHEUS = DEPLOY / "prometheus"
GENERATED = documents()
ALERTS = [alert for group in alerts().values() for alert in group]
#: What Prometheus itself shows of its targets.
_FOREIGN = {"up"}

each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def rules(name: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / name).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("name", GENERATED)
def test_the_committed_file_is_the_generated_one(name: str) -> None:
    assert (DEPLOY / name).read_text(encoding="utf-8") == GENERATED[name], "run `make generate`"


def test_no_test_is_left_of_an_alert_that_is_gone() -> None:
    committed = {path.relative_to(DEPLOY).as_posix() for path in (PROMETHEUS / "tests").iterdir()}
    assert committed == {name for name in GENERATED if "/tests/" in name}


def test_promtool_accepts_configuration_and_rules(promtool: str) -> None:
    assert "2 rule files found" in said(promtool, "check", "config", str(PROMETHEUS / "prometheus.yml"))


def test_every_alert_fires_and_stays_quiet_where_it_should(promtool: str) -> None:
    files = sorted((PROMETHEUS / "tests").glob("*.yml"))
    assert [path.stem for path in files] == sorted(alert.name for alert in ALERTS)
    text = said(promtool, "test", "rules", *map(str, files))
    assert text.count("SUCCESS") == len(files)


@pytest.mark.parametrize(
    ("changed", "to"),
    [
        ("> 60 * sum", "> 6000 * sum"),
        ("> 60 * sum", "> 0 * sum"),
        ('{{ $value | printf "%.0f" }} records of {{ $labels.topic }} wait', "Records wait"),
    ],
    ids=["never fires", "always fires", "says no number"],
)
def test_the_cases_notice_a_rule_that_is_wrong(promtool: str, tmp_path: Path, changed: str, to: str) -> None:
    shutil.copytree(PROMETHEUS, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "alerts.yml"
    text = file.read_text(encoding="utf-8")
    assert text.count(changed) == 1
    file.write_text(text.replace(changed, to), encoding="utf-8")
    assert "FAILED" in said(promtool, "test", "rules", str(tmp_path / "tests" / "FeedbackLag.yml"), status=1)


@each_alert
def test_a_case_that_fires_and_one_that_does_not(alert: Alert) -> None:
    fires, quiet = alert.tests([], Addresses())["tests"]
    assert all(asked["exp_alerts"] for asked in fires["alert_rule_test"])
    assert not any(asked["exp_alerts"] for asked in quiet["alert_rule_test"])
    assert fires["input_series"]
    assert quiet["input_series"]


@each_alert
def test_an_alert_says_all_that_one_needs(alert: Alert) -> None:
    rule = alert.rule(Addresses())
    notes = rule["annotations"]
    assert rule["labels"]["severity"] in config.SEVERITIES
    assert re.search(r"\d", alert.fires.says), "a description gives numbers"
    assert "<no value>" not in alert.fires.says
    assert notes["summary"]
    assert not notes["summary"].endswith(".")
    assert notes["dashboard_url"].startswith(f"{Addresses().grafana}/d/")
    assert alert.why


def test_names_differ() -> None:
    names = [alert.name for alert in ALERTS]
    recorded = [rule["record"] for rule in rules("rules.yml")]
    assert len(set(names)) == len(names)
    assert len(set(recorded)) == len(recorded)


@each_alert
def test_the_runbook_has_a_heading_where_the_link_leads(alert: Alert) -> None:
    url, _, anchor = alert.rule(Addresses())["annotations"]["runbook_url"].partition("#")
    page = ROOT / "docs" / url.rpartition("/docs/")[2]
    headings = re.findall(r"^## (\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [heading for heading in headings if heading.lower() == anchor] == [alert.name]


def shown() -> set[str]:
    """Every name under which the service shows a number."""
    names: set[str] = set()
    for name, kind in re.findall(r"^\| `(feedback_\w+)` \| (\w+) \|", metrics(), re.MULTILINE):
        names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
    return names


@pytest.mark.parametrize("file", ["rules.yml", "alerts.yml"])
def test_rules_ask_only_for_what_is_shown_or_recorded(file: str) -> None:
    recorded = {rule["record"] for rule in rules("rules.yml")}
    asked = " ".join(rule["expr"] + str(rule.get("annotations", "")) for rule in rules(file))
    named = set(re.findall(r"[a-z_]*:?feedback_[a-z_]+(?::\w+)?|\bup\b", re.sub(r"https?://\S+", "", asked)))
    assert len(named) > 10
    assert named - shown() - recorded - _FOREIGN == set()


def test_links_lead_to_dashboards_that_there_are() -> None:
    linked = {alert.dashboard for alert in ALERTS}
    committed = {path.stem for path in (DEPLOY / "grafana" / "dashboards").glob("*.json")}
    assert not committed or linked <= committed


def test_every_feed_that_a_kpi_needs_is_watched() -> None:
    sources = {kpi.source for kpi in KPIS.values()}
    # The text stage makes verbatims, and whether it reads is another alert.
    assert {feed.topic for feed in config.FEEDS} == sources - {"feedback.verbatims"}
    assert "FeedbackCommentsSilent" in {alert.name for alert in ALERTS}


def test_every_score_is_recorded() -> None:
    recorded = {rule["record"] for rule in rules("rules.yml")}
    assert {f"all:{info.metric}:max" for _, info in SCORES.values()} <= recorded


def test_aims_are_of_scores_with_a_target_and_windows_that_there_are() -> None:
    windows = {window.name for window in Settings.model_fields["windows"].get_default()}
    assert {aim.score for aim in config.AIMS} <= TARGETS.keys()
    assert {aim.window for aim in config.AIMS} <= windows
    assert all(aim.why for aim in config.AIMS)
