"""Nothing is installed with the package whose licence asks for more than it may."""

import re

import pytest

from tests.packaging.licences import ROOT, dependencies, is_allowed

FOUND = dependencies()


@pytest.mark.parametrize("name", FOUND)
def test_a_dependency_has_a_licence_that_is_allowed(name: str) -> None:
    assert is_allowed(FOUND[name]), f"{name}: {FOUND[name]}; see tests/packaging/licences.py"


def test_every_package_that_the_image_installs_is_judged() -> None:
    lines = (ROOT / "deploy" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0] for line in lines if not line.startswith("#")}
    assert len(pinned) > 30
    assert pinned <= set(FOUND)


def test_the_page_lists_them() -> None:
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| ([\w.-]+) \| [^-]", text, re.MULTILINE)) - {"package"} == set(FOUND), "run `make lock`"
