"""The board, as people use it: in a real browser, with eyes, keyboard and screen reader."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import aiohttp
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route, expect

from stream.catalogue import catalogue
from tests.board.browser import DEADLINE_MS, chromium, opened
from tests.board.stage import Stage
from tests.unit.engines import survey

pytestmark = pytest.mark.asyncio(loop_scope="module")
expect.set_options(timeout=DEADLINE_MS)

_SESAME = "open sesame"
#: What WCAG 2.2 asks for at levels A and AA, and what is good practice.
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(lacks: Callable[[str, str], NoReturn]) -> AsyncIterator[Browser]:
    path = chromium()
    if path is None:
        lacks("the board in a browser", "chromium is not installed")
    async with opened(path) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def busy() -> AsyncIterator[Stage]:
    """Three hours of a contact centre, with a drop an hour ago that is raised."""
    async with Stage() as stage:
        stage.play(hours=3, rate=2)
        stage.raise_alert()
        stage.raise_alert(scope="team", member="lyon-1", explained_by=())
        yield stage


@asynccontextmanager
async def looking(
    browser: Browser, stage: Stage, query: str = "?window=1h&language=en", **context: Any
) -> AsyncIterator[Page]:
    """A page that must not complain, and must not ask others than the service."""
    own = await browser.new_context(**context)
    page = await own.new_page()
    page.set_default_timeout(DEADLINE_MS)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(stage.url) else complaints.append(asked.url))
    await page.goto(stage.url + "/" + query)
    yield page
    await own.close()
    assert complaints == []


async def is_drawn(page: Page) -> None:
    await expect(page.locator("#moves-note")).not_to_be_empty()


async def rows_of(stage: Stage, **query: str) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{stage.url}/api/scores", params=query) as answer:
        rows: list[dict[str, Any]] = (await answer.json())["scores"]
        return rows


def figure(value: float, unit: str, currency: str = "") -> str:
    """As the board writes it in English."""
    if unit == "ratio":
        near = value not in {0, 1} and min(abs(value), abs(1 - value)) < 0.02
        return f"{100 * value:.{2 if near else 1}f}%".replace("-", "−")
    if unit == "money":
        return {"EUR": "€", "GBP": "£"}[currency] + f"{value:,.0f}"
    if unit == "seconds":
        minutes, seconds = divmod(int(value), 60)
        assert 0 < minutes < 60, "the staged answers take minutes"
        return f"{minutes}m {seconds}s"
    if unit == "count" and value.is_integer():
        return f"{value:.0f}"
    return f"{value:.{1 if unit == 'points' else 2}f}".replace("-", "−")


async def test_the_numbers_are_those_of_the_api(browser: Browser, busy: Stage) -> None:
    units = {score["name"]: score["unit"] for score in catalogue(busy.settings)["scores"]}
    async with looking(browser, busy) as page:
        await is_drawn(page)
        rows = await rows_of(busy, window="1h", scope="all")
        assert len(rows) > 5
        for row in rows:
            shown = page.locator(f"[data-score={row['kpi']}]")
            if row["suppressed"]:
                await expect(shown.locator(".value")).to_have_text("too few answers")
                continue
            if "currency" in row:  # a row for each
                await expect(shown).to_contain_text(figure(row["value"], units[row["kpi"]], row["currency"]))
                continue
            await expect(shown.locator(".value")).to_have_text(figure(row["value"], units[row["kpi"]]))
            assert f"{row['n']:,} " in await shown.locator(".n").inner_text()
        nps = next(row for row in rows if row["kpi"] == "nps")
        bounds = f"95%: {figure(nps['lower'], 'points')} to {figure(nps['upper'], 'points')}"
        await expect(page.locator("[data-score=nps] .interval")).to_have_text(bounds)


async def test_every_member_of_a_scope_has_its_row(browser: Browser, busy: Stage) -> None:
    async with looking(browser, busy) as page:
        await is_drawn(page)
        await page.get_by_label("Show").select_option("channel")
        await expect(page.locator("[data-score=nps] tbody tr").first).to_be_visible()
        rows = await rows_of(busy, window="1h", scope="channel", kpi="nps")
        shown = await page.locator("[data-score=nps] tbody tr").all_inner_texts()
        found = {tuple(cell.strip() for cell in line.split("\t") if cell.strip()) for line in shown}
        assert {(cells[0], cells[-1]) for cells in found} == {(row["member"], f"{row['n']:,}") for row in rows}
        for row in rows:
            value = "–" if row["suppressed"] else figure(row["value"], "points")
            assert any(cells[0] == row["member"] and cells[1].endswith(value) for cells in found)


async def test_a_kpi_that_it_has_never_heard_of(browser: Browser, busy: Stage) -> None:
    """It comes from the catalogue, with a label, a unit and a range of its own."""
    stay = {
        "kpi": "stay", "name": "stay", "headline": True, "title": "Stay", "french": "séjour", "unit": "seconds",
        "source": "feedback.contacts", "higher_is_better": False, "range": [0, None], "target": None, "label": "floor",
    }  # fmt: skip
    row = {"kpi": "stay", "window": "1h", "scope": "all", "member": "all", "n": 7, "suppressed": False}
    rows = [
        {**row, "floor": "first", "value": 5400.0, "lower": 3600.0, "upper": 7260.0},
        {**row, "floor": "second", "value": 42.0, "lower": None, "upper": None},
    ]
    said = {"catalogue": ("scores", [stay]), "scores": ("scores", rows)}

    async def add(route: Route) -> None:
        name = route.request.url.rpartition("/")[2].partition("?")[0]
        answer = await route.fetch()
        body = await answer.json()
        key, more = said[name]
        await route.fulfill(response=answer, json={**body, key: [*body[key], *more]})

    async with looking(browser, busy, "?window=1h&language=fr") as page:
        for name in said:
            await page.route(f"**/api/{name}*", add)
        await page.reload()
        card = page.locator("[data-kpi=stay]")
        await expect(card.locator("h3")).to_have_text("Séjour")
        await expect(card.locator("tbody tr")).to_have_count(2)
        await expect(card.locator("tbody .value").first).to_have_text(re.compile("^1\\s?h 30\\s?min$"))
        await expect(card.locator("tbody .interval").last).to_have_text("–")
        await expect(page.locator("[data-score=nps] .value")).to_be_visible()
        await is_drawn(page)
        await page.unroute_all(behavior="wait")


async def test_new_answers_are_shown_in_place(browser: Browser) -> None:
    async with Stage() as stage, looking(browser, stage) as page:
        await expect(page.locator("#no-scores")).to_have_text("No answers in this window yet.")
        stage.clock.at += 1
        stage.count("feedback.surveys", *(survey(f"r{n}", 9, stage.clock.at - 1_772_355_600) for n in range(4)))
        value = page.locator("[data-score=nps] .value")
        await expect(value).to_have_text("too few answers")
        await value.evaluate("element => element.mark = true")
        stage.clock.at += 1
        stage.count("feedback.surveys", survey("r4", 9, stage.clock.at - 1_772_355_600))
        await expect(value).to_have_text("100.0")
        assert await value.evaluate("element => element.mark")  # the same element, with another text


async def test_what_moved_and_what_is_raised_is_said(browser: Browser, busy: Stage) -> None:
    async with looking(browser, busy) as page:
        await expect(page.locator("#alerts > ul > li h3")).to_have_text("Net Promoter Score: 21.3 points below usual")
        await expect(page.locator(".parts li").first).to_have_text("channel phone: 82%")
        await expect(page.locator("#other-alerts")).to_have_text("Raised in other scopes as well: 1.")
        nps = page.locator("#moves li", has_text="Net Promoter Score, channel phone")
        await expect(nps.first).to_contain_text("▼")
        await expect(page.locator("#feed")).to_contain_text("ready")


async def test_in_french(browser: Browser, busy: Stage) -> None:
    async with looking(browser, busy, "?window=1h", locale="fr-FR") as page:
        await expect(page.locator("h1")).to_have_text("Expérience client en direct")
        await expect(page.locator("html")).to_have_attribute("lang", "fr")
        await expect(page.locator("[data-score=csat] h3")).to_have_text("Taux de satisfaction")
        await expect(page.locator("[data-score=csat] .value")).to_contain_text(",")
        await page.get_by_label("English").check()
        await expect(page.locator("h1")).to_have_text("Customer experience, live")
        await page.reload()
        await expect(page.locator("h1")).to_have_text("Customer experience, live")


async def test_by_keyboard(browser: Browser, busy: Stage) -> None:
    async with looking(browser, busy) as page:
        await is_drawn(page)
        focused = page.locator(":focus")
        await page.keyboard.press("Tab")
        await expect(focused).to_have_text("Skip to the scores")
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_label("24h")).to_be_checked()
        await expect(page.locator("#legend")).to_contain_text("over 1d")
        assert "window=24h" in page.url
        await page.keyboard.press("Tab")
        await expect(focused).to_have_attribute("id", "scope")
        await page.keyboard.press("ArrowDown")
        await expect(page.locator("[data-score=nps] table")).to_be_visible()
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("html")).to_have_attribute("lang", "fr")


@pytest.mark.parametrize(
    ("query", "scheme"),
    [
        ("?window=1h", "light"),
        ("?window=1h", "dark"),
        ("?window=1h&scope=channel&language=fr", "light"),
        ("?window=5m&scope=touchpoint", "dark"),
    ],
)
async def test_it_is_accessible(browser: Browser, busy: Stage, scheme: Any, query: str) -> None:
    async with looking(browser, busy, query, color_scheme=scheme) as page:
        await is_drawn(page)
        found = await Axe().run(page, options=_RULES)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scope", ["all", "channel"])
async def test_it_fits_on_a_small_phone(browser: Browser, busy: Stage, scope: str) -> None:
    size: Any = {"width": 320, "height": 800}
    query = f"?window=1h&language=fr&scope={scope}"
    async with looking(browser, busy, query, viewport=size, has_touch=True, is_mobile=True) as page:
        await is_drawn(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        found = await Axe().run(page, options=_RULES)
        assert found.violations_count == 0, found.generate_report()


async def test_before_it_is_ready_it_says_why(browser: Browser) -> None:
    async with Stage() as stage:
        stage.unready = "it is being started or stopped"
        async with looking(browser, stage, "?language=fr") as page:
            await expect(page.locator("#problem")).to_contain_text("le service démarre ou s’arrête")
            await expect(page.locator("#scores")).to_be_hidden()
            assert (await Axe().run(page, options=_RULES)).violations_count == 0
            stage.unready = ""
            await expect(page.locator("#state")).to_have_text("En direct")
            await expect(page.locator("#problem")).to_be_hidden()


async def test_a_service_that_is_away_is_waited_for(browser: Browser, busy: Stage) -> None:
    own = await browser.new_context()
    page = await own.new_page()
    await page.goto(busy.url + "/?language=en")
    await is_drawn(page)
    await own.set_offline(True)
    await expect(page.locator("#state")).to_have_text("No answer")
    await expect(page.locator("[data-score=nps] .value")).to_be_visible()  # what was known stays
    await own.set_offline(False)
    await expect(page.locator("#state")).to_have_text("Live")
    await own.close()


async def test_it_asks_for_a_token(browser: Browser) -> None:
    async with Stage(http_token=_SESAME) as stage:
        own = await browser.new_context()
        page = await own.new_page()
        await page.goto(stage.url + "/?language=en")
        for token in ("wrong", _SESAME):
            await expect(page.get_by_label("Token")).to_be_focused()
            assert (await Axe().run(page, options=_RULES)).violations_count == 0
            await page.get_by_label("Token").fill(token)
            await page.keyboard.press("Enter")
        await expect(page.locator("#state")).to_have_text("Live")
        await expect(page.locator("dialog")).to_be_hidden()
        await own.close()


async def test_the_browser_asks_for_a_password(browser: Browser) -> None:
    async with Stage(http_user="ann", http_password=_SESAME) as stage:
        login: Any = {"username": "ann", "password": _SESAME}
        async with looking(browser, stage, "?language=en", http_credentials=login) as page:
            await expect(page.locator("#state")).to_have_text("Live")
