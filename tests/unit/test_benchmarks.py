"""The parts of the benchmark that need no broker: reports, counts, pins, table, page and chart."""

import doctest
import json
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import chart, crowds, environments, latency_report, processes, results, scrape_report, seen
from benchmarks.contestants import CONTESTANTS, FAUST, LIMIT, SERVICE
from benchmarks.crowds import Crowd
from benchmarks.events import Backlog
from benchmarks.latency import Stretch
from benchmarks.peers import job
from benchmarks.processes import Reports, Run
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.run import difference
from benchmarks.scrape import Pair, Shown
from benchmarks.seen import Bounds

COUNTS = {"1772355600 phone:promoters": 2, "1772355600 chat:detractors": 1}
BACKLOG = Backlog("surveys", 8, Counter(accepted=7, rejected=1, nps=3), Counter(COUNTS))


def measured() -> list[Result]:
    limit = Result(LIMIT, 1_000, runs=[Run(900, 1.0, 0.9, {}), Run(900, 2.0, 1.8, {})])
    service = Result(SERVICE, 1_000, runs=[Run(900, 2.0, 1.8, {"counts": {}}), Run(900, 4.0, 3.6, {"counts": {}})])
    faust = Result(FAUST, 100, failed="it ended after 0 of 100 events")
    return [limit, service, faust]


@pytest.mark.parametrize("module", [chart, crowds, environments, job, processes, seen])
def test_the_examples_of_the_benchmark_run(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_a_peer_is_done_once_every_answer_is_in_its_counts(capfd: pytest.CaptureFixture[str]) -> None:
    progress = Progress(answers=3)
    progress.read(1_000)
    progress.counted(1_772_355_600, "phone:promoters", 1)
    progress.counted(1_772_355_600, "phone:promoters", 2)
    progress.counted(1_772_355_600, "chat:detractors", 1)
    read, done = map(json.loads, capfd.readouterr().out.splitlines())
    assert read["events"] == done["events"] == 1_000
    assert "done" not in read
    assert done["done"]
    assert done["counts"] == COUNTS
    assert done["cpu"] >= read["cpu"]


def test_the_warm_up_and_what_comes_before_are_not_measured() -> None:
    reports = Reports(begin=100)
    lines = [{"events": events, "wall": wall, "cpu": wall / 2} for events, wall in ((50, 1.0), (100, 3.0), (900, 7.0))]
    assert [reports.take(json.dumps(line)) for line in lines] == [None, None, None]
    done = reports.take(json.dumps({"events": 1_000, "wall": 9.0, "cpu": 4.0, "done": True}))
    assert done is not None
    assert done[:3] == (900, 6.0, 2.5)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (COUNTS, ""),
        (COUNTS | {"1772355600 phone:promoters": 3}, "1 counts, such as 1772355600 phone:promoters: 3 instead of 2"),
        ({"1772355600 phone:promoters": 2}, "chat:detractors: 0 instead of 1"),
        (COUNTS | {"0 web:passives": 1}, "0 web:passives: 1 instead of 0"),
    ],
)
def test_counts_are_compared_with_what_the_events_were_made_of(counts: dict[str, int], said: str) -> None:
    found = difference(Run(7, 1.0, 1.0, {"counts": counts}), BACKLOG, whole=False)
    assert said in found if said else not found


@pytest.mark.parametrize(("changed", "wrong"), [({}, False), ({"nps": 4}, True), ({"late": 1}, True)])
def test_the_service_must_find_every_event_for_what_it_is(changed: dict[str, int], wrong: bool) -> None:
    right = {"accepted": 7, "rejected": 1, "nps": 3, "duplicate": 0, "corrected": 0, "deleted": 0, "late": 0}
    last = {"counts": COUNTS, "found": right | changed}
    assert bool(difference(Run(7, 1.0, 1.0, last), BACKLOG, whole=True)) == wrong


def test_medians_stand_with_their_spread_and_ratios_are_of_the_same_turn() -> None:
    limit, service, faust = results.rows(measured())
    assert limit[1:5] == ["1,000", "675 (450…900)", "750 (500…1,000)", "1.00"]
    assert service[4] == "0.50"
    assert service[-1] == "exact"
    assert limit[-1] == "–"
    assert faust[2:6] == ["–", "–", "–", "–"]
    assert faust[-1] == "failed"


def test_the_page_says_what_failed_and_where_it_was_measured(tmp_path: Path) -> None:
    results.write(measured(), tmp_path, "make bench", ["One broker"])
    page = (tmp_path / "results.md").read_text()
    assert f"**{FAUST.name}** failed: it ended after 0 of 100 events" in page
    assert "\n- One broker\n" in page
    assert "GiB" in page
    lines = [line for line in page.splitlines() if line.startswith("|") and line not in results.profile()]
    assert {line.count("|") for line in lines} == {len(results.HEADS) + 1}
    assert len(lines) == 2 + len(measured())
    assert f"- {SERVICE.name}, against {LIMIT.name}: 0.50, at least 0.6 wanted: missed\n" in page


def test_the_chart_has_a_bar_for_each_rate_and_none_for_what_failed(tmp_path: Path) -> None:
    results.write(measured(), tmp_path, "make bench", [])
    drawing = ET.parse(tmp_path / "results.svg")  # noqa: S314  our own
    bars = [each for each in drawing.iter() if each.get("class", "").startswith("bar")]
    assert [each.get("class") for each in bars] == ["bar limit", "bar service"]
    limit, service = (float(each.get("width", 0)) for each in bars)
    assert limit == pytest.approx(2 * service, rel=0.01)


def test_every_peer_has_pins_and_a_key_of_its_own() -> None:
    assert len({contestant.key for contestant in CONTESTANTS}) == len(CONTESTANTS)
    for requirements in Path(environments.__file__).with_name("peers").glob("*.txt"):
        lines = [line for line in requirements.read_text().splitlines() if line and not line.startswith("#")]
        assert len(environments.pins("\n".join(lines))) == len(lines)


@pytest.mark.parametrize(
    ("outside", "truth", "goal"),
    [
        (Bounds(0.1, 0.2), "yes", "met"),
        (Bounds(0.25, 0.4), "no", "missed"),  # what was seen is longer than what the service says
        (Bounds(0.0, 0.09), "no", "met"),
    ],
)
def test_a_histogram_tells_the_truth_where_it_says_what_was_seen(outside: Bounds, truth: str, goal: str) -> None:
    own = {0.1: 0.0, 0.2: 100.0, float("inf"): 100.0}
    stretches = [Stretch(every, 10.0, own, [outside] * 9, [0.02], 9_000, 5.0, 30, 2) for every in (1.0, 0.1)]
    page = latency_report.page(stretches, "python -m benchmarks.latency", 20_000)
    assert f"{truth} with a page every 1 s, {truth} every 0.1 s" in page
    assert f"ms: {goal}," in page
    assert "| every 1 s | by the service | 100 | 150 ms | 199 ms | 100 to 200 ms |" in page


@pytest.mark.parametrize(
    ("seconds", "rss", "scraped", "said"),
    [(0.2, 400, 95.0, ["met", "met", "met"]), (0.4, 600, 80.0, ["missed", "missed", "missed"])],
)
def test_the_page_of_scrapes_says_which_goals_are_met(
    seconds: float, rss: float, scraped: float, said: list[str]
) -> None:
    crowd = Crowd("some", 1, 2, 3, 4, 4)
    shown = [Shown(crowd, 1_000, 20_000, 9_000, [seconds] * 9, 2 * rss, rss)] * 2
    page = scrape_report.page(shown, [Pair(100.0, scraped)], "python -m benchmarks.scrape")
    goals = [line for line in page.splitlines() if ": met" in line or ": missed" in line]
    assert [line.partition(": ")[2].partition(",")[0].rstrip(".") for line in goals] == said
    assert "| some | 1,000 | 3 | 14 | 6 | 20,000 |" in page
