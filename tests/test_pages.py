"""What single pages promise: the API, the glossary, decisions, failures, and an index that names every page."""

import re
from urllib.parse import parse_qs

import aiohttp
import pytest

from stream import reference_api
from stream.french import TERMS
from stream.kpi import SCORES
from stream.kpi.accumulator import RANGES
from tests.board.stage import Stage

from .markdown import DOCS, slug, text_of

# The API


async def test_the_api_answers_what_its_page_says() -> None:
    """Every page is described; its examples are answered, with the fields that are named and no others."""
    async with Stage() as stage, aiohttp.ClientSession() as session:
        stage.play(hours=1)
        stage.raise_alert()
        for entry in reference_api.entries():
            assert entry.is_, f"{entry.path} has no docstring"
            for example in entry.examples:
                assert example.partition("?")[0] == entry.path
                assert set(parse_qs(example.partition("?")[2])) <= {name for name, _ in entry.asked}
                async with session.get(stage.url + example) as answer:
                    assert answer.status == 200
                    if entry.path.startswith("/api/"):
                        assert list(await answer.json()) == [name for name, _ in entry.answer]
            assert entry.examples or entry.path == "/" or entry.path.startswith("/board/")


@pytest.mark.parametrize("name", ["window", "scope", "kpi", "member"])
async def test_what_the_api_page_says_can_be_asked_narrows_the_scores(name: str) -> None:
    asked = {name for entry in reference_api.entries() if entry.path == "/api/scores" for name, _ in entry.asked}
    assert name in asked
    async with Stage() as stage, aiohttp.ClientSession() as session:
        stage.play(hours=1)
        async with session.get(f"{stage.url}/api/scores") as answer:
            every = (await answer.json())["scores"]
        async with session.get(f"{stage.url}/api/scores?{name}={every[0][name]}") as answer:
            found = (await answer.json())["scores"]
    assert found == [row for row in every if row[name] == every[0][name]] != every


# The glossary


def test_the_glossary_has_every_score_and_no_others() -> None:
    assert set(TERMS) == set(SCORES)


@pytest.mark.parametrize("name", SCORES)
def test_a_term_of_the_glossary_is_whole(name: str) -> None:
    kpi, info = SCORES[name]
    term = TERMS[name]
    assert info.french
    assert term.definition.endswith(".")
    assert term.formula
    assert type(term.example) is kpi
    estimate = term.example.estimate(name)
    assert estimate is not None
    least, greatest = RANGES[info.unit]
    assert least <= estimate.value <= greatest


# Decisions, operations


def test_every_decision_has_its_line() -> None:
    design = text_of("design.md")
    made = re.findall(r"^### (.*)$", design.partition("\n## Decisions")[2].partition("\n## ")[0], re.MULTILINE)
    page = text_of("decisions.md")
    assert len(made) > 20
    assert [heading for heading in made if f"](design.md#{slug(heading)})" not in page] == []


def test_every_alert_on_the_service_itself_is_in_the_table_of_failures() -> None:
    page = text_of("operations.md")
    headings = re.findall(r"^## (Feedback\w+)$", text_of("runbook.md"), re.MULTILINE)
    of_service = headings[: headings.index("FeedbackNpsDropped") + 1]
    alike = {f"Feedback{topic}Silent" for topic in ("Churn", "Contacts", "Orders", "Invitations", "Cases")}
    assert [each for each in of_service if each not in alike and f"(runbook.md#{slug(each)})" not in page] == []


def test_the_index_has_every_page() -> None:
    index = text_of("README.md")
    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"]({name})" not in index} == set()
