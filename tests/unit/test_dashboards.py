"""The dashboards: what is committed is what is generated, every panel is complete, and links lead somewhere."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from stream.dashboards import documents
from stream.kpi import KPIS

from .boards import BOARDS, Json, panels

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deploy" / "grafana"

register_default_plugins()


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest) -> Json:
    return BOARDS[request.param]


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
