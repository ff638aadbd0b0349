"""Pictures of the board, for the documents: `python -m tests.board.shots docs/images`."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from tests.board.browser import DEADLINE_MS, chromium, opened
from tests.board.stage import Stage

#: File, query, width, height, colour scheme.
_SHOTS = (
    ("board.png", "?window=24h&language=en", 1200, 900, "light"),
    ("board-phone.png", "?window=24h&language=fr", 390, 844, "light"),
    ("board-dark.png", "?window=24h&scope=channel&language=en", 1200, 800, "dark"),
)


async def shots(folder: Path) -> None:
    """Write them all."""
    path = chromium()
    if path is None:
        sys.exit("no Chromium was found: install it (on Debian, `apt-get install chromium`), and try again")
    async with Stage() as stage, opened(path) as browser:
        stage.play(hours=26)
        stage.raise_alert()
        for name, query, width, height, scheme in _SHOTS:
            await shoot(browser, f"{stage.url}/{query}", folder / name, width, height, scheme)


async def shoot(
    browser: Browser, url: str, file: Path, width: int, height: int, scheme: Any, *, full: bool = False
) -> None:
    """One picture, of what is seen first or of the whole page."""
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("#moves-note:not(:empty)", state="attached", timeout=DEADLINE_MS)  # comes last
    await page.screenshot(path=file, full_page=full)
    await context.close()


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(shots(target))
