"""What the dashboards ask Prometheus: for what exists, of all that there is, with nothing fixed that can be chosen."""

import re

import pytest

from stream.dashboards import display
from stream.dashboards.drops import WATCHED
from stream.dashboards.queries import WHOLE, Figure
from stream.drops.names import DropNames
from stream.kpi import KPIS, SCORES, Accumulator
from stream.reference_metrics import metrics

from .boards import BOARDS, Json, asked, panels, queries

#: What Grafana itself puts into queries.
BUILT_IN = {"__rate_interval", "__range"}


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest) -> Json:
    return BOARDS[request.param]


def documented() -> dict[str, set[str]]:
    """Every series by its name, with its labels: from the collectors, as the reference page shows them."""
    series: dict[str, set[str]] = {}
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", metrics(), re.MULTILINE)
    for name, kind, labels in rows:
        own = set(re.findall(r"`(\w+)`", labels))
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        series |= {name + suffix: own | ({"le"} if suffix == "_bucket" else set()) for suffix in suffixes}
    return series


SERIES = documented()


def test_every_metric_that_is_asked_for_exists_with_its_labels(board: Json) -> None:
    found = 0
    for text in asked(board):
        for name, matchers in re.findall(r"\b(feedback_\w+)(?:\{(.*?)\})?", re.sub(r'__name__=~".*?"', "", text)):
            found += 1
            assert name in SERIES, text
            matched = re.findall(r'(\w+)(?:=~|!=|!~|=)"', matchers)
            assert {*matched} <= SERIES[name] | {"instance", "job"}, text
    assert found


def test_every_variable_that_is_used_is_defined(board: Json) -> None:
    defined = {each["name"] for each in board["templating"]["list"]} | BUILT_IN
    used = {name for text in asked(board) for name in re.findall(r"\$\{?(\w+)", text)}
    used |= {name for panel in board["panels"] for name in re.findall(r"\$(\w+)", panel["title"])}
    assert used <= defined
    assert defined - BUILT_IN - used <= {"datasource"}, "a variable that changes nothing"
    assert all(each["description"] and each["label"] for each in board["templating"]["list"])


def test_no_window_or_rate_interval_is_fixed(board: Json) -> None:
    for text in queries(board):
        assert re.findall(r"\[(?!\$__)", text) == [], text
        assert re.findall(r'window=~?"(?!\$window")', text) == [], text
        assert re.findall(r"offset (?!\$window)", text) == [], text


def test_every_metric_of_the_service_is_on_a_dashboard() -> None:
    text = "".join(query for board in BOARDS.values() for query in queries(board))
    service = metrics().partition("## The service itself")[2]
    for name in re.findall(r"^\| `(\w+)`", service, re.MULTILINE):
        assert name in text, name


@pytest.mark.parametrize("score", SCORES)
def test_every_score_is_shown_with_interval_and_sample(score: str) -> None:
    kpi, info = SCORES[score]
    text = "".join(queries(BOARDS[f"dashboards/feedback-kpi-{kpi.name}.json"]))
    bounds = (f"{info.metric}_lower", f"{info.metric}_upper") if info.interval else ()
    for name in (info.metric, *bounds, f"feedback_{kpi.name}_sample_size"):
        assert f"({name}{{" in text, name
    for name in (info.metric, *bounds):
        selectors = re.findall(rf"\({name}\{{(.*?)\}}", text)
        assert any(all(f'{label}="{value}"' in each for label, value in info.labels.items()) for each in selectors)
    assert info.interval or f"({info.metric}_lower{{" not in text, "it has no interval"


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS.values() if kpi.label], ids=lambda kpi: kpi.name)
def test_rows_with_a_label_of_their_own_are_never_mixed(kpi: type[Accumulator]) -> None:
    """Each query chooses one of them, or has one series for each."""
    names = "|".join({f"feedback_{kpi.name}_", *(info.metric for info in kpi.scores())})
    found = [text for board in BOARDS.values() for text in queries(board) if re.search(names, text)]
    assert found
    for text in found:
        for metric, selector in re.findall(rf"((?:{names})\w*)(\{{.*?\}})", text):
            assert f'{kpi.label}="${kpi.label}"' in selector or f"by ({kpi.label}) ({metric}{selector}" in text, text


@pytest.mark.parametrize("score", SCORES)
def test_a_score_has_its_unit_and_no_end_that_is_not_there(score: str) -> None:
    kpi, info = SCORES[score]
    shown = display.display(info)
    for name in (f"feedback-kpi-{kpi.name}", "feedback-experience"):
        for panel in panels(BOARDS[f"dashboards/{name}.json"]):
            about = panel["fieldConfig"]["defaults"]
            if panel["title"] in {info.title, f"{info.title}, $currency"} and panel["type"] == "stat":
                ends = about.get("min"), about.get("max")
                assert (about["unit"], *ends, about.get("decimals")) == (shown.unit, *shown.limits, shown.decimals)
                assert all(end is None or abs(end) < float("inf") for end in ends)


def test_money_says_its_currency() -> None:
    for board in BOARDS.values():
        for panel in panels(board):
            if panel["fieldConfig"]["defaults"]["unit"] == "locale":
                assert "$currency" in panel["title"]


@pytest.mark.parametrize("kpi", WATCHED, ids=lambda kpi: kpi.name)
def test_all_that_is_known_of_drops_is_shown(kpi: type[Accumulator]) -> None:
    boards = (f"feedback-kpi-{kpi.name}", "feedback-experience")
    text = "".join(query for board in boards for query in queries(BOARDS[f"dashboards/{board}.json"]))
    assert [name for name in DropNames.of(kpi) if f"({name}" not in text] == []


def test_a_score_has_its_range_wherever_it_is_a_large_number() -> None:
    for board in BOARDS.values():
        for panel in panels(board):
            shown = panel["fieldConfig"]["defaults"]
            if panel["type"] == "stat" and "feedback_nps_score{" in panel["targets"][0]["expr"]:
                if panel["targets"][0]["expr"] != Figure.of("nps", WHOLE).judged:
                    continue
                assert (shown["min"], shown["max"], shown["decimals"]) == (-100, 100, 1)
                words = {each["options"]["match"]: each["options"]["result"] for each in shown["mappings"]}
                assert words == {
                    "nan": {"text": "too few answers", "color": display.MUTED},
                    "null": {"text": "no answers", "color": display.MUTED},
                }
                return
    pytest.fail("no dashboard shows the NPS of all customers as a large number")
