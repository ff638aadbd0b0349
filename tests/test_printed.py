"""The commands of the documents print what stands below them."""

import pytest

from .printed import PAGES, ROOT, printed


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_its_commands_print(name: str) -> None:
    assert printed(name) == (ROOT / "docs" / name).read_text(encoding="utf-8"), "run `python -m tests.printed`"
