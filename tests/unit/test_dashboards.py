"""The dashboards: what is committed is what is generated, and every panel is complete and asks for what exists."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from stream.dashboards import display, documents
from stream.dashboards.drops import WATCHED
from stream.dashboards.queries import WHOLE, Figure
from stream.drops.names import DropNames
from stream.kpi import KPIS, SCORES, Accumulator
from stream.reference_metrics import metrics

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deploy" / "grafana"
BOARDS: dict[str, Json] = {name: json.loads(text) for name, text in documents().items()}
#: What Grafana itself puts into queries.
BUILT_IN = {"__rate_interval", "__range"}

register_default_plugins()


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest) -> Json:
    return BOARDS[request.param]


def panels(board: Json) -> list[Json]:
    return [panel for panel in board["panels"] if panel["type"] not in {"row", "text"}]


def queries(board: Json) -> Iterator[str]:
    for panel in panels(board):
        yield from (target["expr"] for target in panel["targets"])


def asked(board: Json) -> Iterator[str]:
    """Everything in PromQL: queries, annotations, and the choices of variables."""
    yield from queries(board)
    yield from (annotation["expr"] for annotation in board["annotations"]["list"])
    yield from (each["query"]["query"] for each in board["templating"]["list"] if each["type"] == "query")


# What is committed


@pytest.mark.parametrize("name", BOARDS)
def test_the_committed_dashboard_is_the_generated_one(name: str) -> None:
    assert (GRAFANA / name).read_text(encoding="utf-8") == documents()[name], "run `make generate`"


def test_no_dashboard_is_left_over() -> None:
    assert {f"dashboards/{path.name}" for path in (GRAFANA / "dashboards").iterdir()} == set(BOARDS)


def test_a_dashboard_has_nothing_that_differs_from_one_grafana_to_another(board: Json) -> None:
    assert not {"id", "version", "iteration", "__inputs"} & board.keys()


def test_every_dashboard_is_on_the_page_about_them(board: Json) -> None:
    page = (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")
    assert f"*{board['title'].partition(':')[0]}*" in page


def test_the_sdk_reads_what_it_wrote(board: Json) -> None:
    """Every field is one that the types of this version of Grafana have, annotations of Prometheus apart."""
    read = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    assert lost(board | {"annotations": None}, read | {"annotations": None}) == []
    assert lost({"a": [{"b": 1}]}, {"a": [{"c": 1}]}) == [".a[0].b"]


def lost(written: Any, read: Any, at: str = "") -> list[str]:
    """Where something that was written is not there, or another, when read; defaults may come on top."""
    if isinstance(written, dict) and isinstance(read, dict):
        gone = [f"{at}.{key}" for key in written.keys() - read.keys()]
        return gone + [
            each for key in written.keys() & read.keys() for each in lost(written[key], read[key], f"{at}.{key}")
        ]
    if isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        pairs = enumerate(zip(written, read, strict=True))
        return [each for number, pair in pairs for each in lost(*pair, f"{at}[{number}]")]
    return [] if written == read else [at]


# Panels


def test_every_panel_is_complete(board: Json) -> None:
    for panel in panels(board):
        shown = panel["fieldConfig"]["defaults"]
        assert panel["title"].strip(), panel["id"]
        assert len(panel["description"]) > 20, panel["title"]
        assert panel["description"].strip()[-1] == ".", panel["title"]
        assert shown["unit"], panel["title"]
        assert shown["noValue"], panel["title"]


def test_every_query_asks_the_data_source_that_is_chosen(board: Json) -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert board["templating"]["list"][0]["name"] == "datasource"
    for panel in panels(board):
        assert panel["datasource"] == chosen
        assert panel["targets"], panel["title"]
        assert all(target["datasource"] == chosen for target in panel["targets"])
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)
        assert all(letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for letter in letters)
    for each in (*board["annotations"]["list"], *board["templating"]["list"]):
        assert each.get("datasource", chosen) == chosen


def test_panels_have_numbers_of_their_own(board: Json) -> None:
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert all(number > 0 for number in numbers)


def test_no_panel_lies_on_another_or_beside_the_grid(board: Json) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = any(one[at] + one[size] <= other[at] or other[at] + other[size] <= one[at] for at, size in ("xw", "yh"))
        assert apart, (one, other)


def test_titles_tell_panels_apart(board: Json) -> None:
    titles = [panel["title"] for panel in panels(board)]
    assert len(set(titles)) == len(titles)


def test_dashboards_are_told_apart_and_lead_to_each_other() -> None:
    boards = list(BOARDS.values())
    assert len({board["uid"] for board in boards}) == len({board["title"] for board in boards}) == len(boards)
    tags = {tag for board in boards for tag in board["tags"]}
    for board in boards:
        menus = {tag for link in board["links"] for tag in link["tags"]}
        assert menus <= tags
        assert all(link["keepTime"] and link["includeVars"] for link in board["links"])
        assert set(board["tags"]) & menus, "a menu of the others leads here"


def test_links_in_tables_lead_to_dashboards_and_set_variables_that_they_have() -> None:
    by_uid = {board["uid"]: {each["name"] for each in board["templating"]["list"]} for board in BOARDS.values()}
    text = "".join(documents().values())
    links = re.findall(r'"/d/([\w-]+)\?([^"]*)"', text)
    assert {uid for uid, _ in links} == {uid for uid in by_uid if uid.startswith("feedback-kpi-")}
    for uid, query in links:
        set_ = [own or kept for own, kept in re.findall(r"var-(\w+)|\$\{(\w+):queryparam\}", query)]
        kpi = KPIS[uid.removeprefix("feedback-kpi-").partition("$")[0]] if "$" not in uid else None
        label = {kpi.label} if kpi is not None and kpi.label else set()
        assert set(set_) == {"scope", "member", "datasource", "window"} | label <= by_uid[uid]


# Queries


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


# Provisioning


def _setting(file: str, name: str) -> str:
    found = re.findall(rf"^\s*-?\s*{name}: (\S+)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{file} has no {name}"
    return str(found[0])


def test_grafana_is_given_the_folder_and_looks_where_the_dashboards_are() -> None:
    provider = "deploy/grafana/provisioning/dashboards/feedback.yml"
    assert _setting(provider, "folder") == "Feedback"
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    path = _setting(provider, "path")
    assert f"./deploy/grafana/dashboards:{path}:ro" in compose
    home = _setting("docker-compose.yml", "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH")
    assert home.replace(path, "dashboards") in BOARDS


def test_the_data_source_knows_how_often_prometheus_scrapes() -> None:
    source = "deploy/grafana/provisioning/datasources/prometheus.yml"
    assert _setting(source, "type") == "prometheus"
    scraped = _setting("deploy/prometheus/prometheus.yml", "scrape_interval")
    assert _setting(source, "timeInterval") == scraped
