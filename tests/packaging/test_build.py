"""The package as it is handed out: what is in it, and that it runs where nothing else of the project is."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from stream import __version__
from tests.conftest import Lacks
from tests.packaging.licences import ROOT
from tests.packaging.make import make

_UV = Path(sys.executable).with_name("uv")
EVENT = '{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z","score":9}\n'


@pytest.fixture(scope="module")
def dist(lacks: Lacks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make build` makes."""
    place = tmp_path_factory.mktemp("build") / "dist"
    make(lacks, "build", f"DIST={place}", venv=sys.prefix)
    return place


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as package:
        (name,) = [name for name in package.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(package.read(name).decode())


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it asks for without extras, and nothing else."""
    place = tmp_path_factory.mktemp("clean") / "venv"
    for arguments in (f"venv --python {sys.executable} {place}", f"pip install --python {place} {wheel}"):
        trust = os.environ | {"UV_SYSTEM_CERTS": "true"}  # as in the Makefile
        done = subprocess.run([_UV, *arguments.split()], env=trust, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return place


def run(clean: Path, cwd: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command as it was installed, with no settings, in a directory of its own."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}
    command = [str(clean / "bin" / "feedback-stream"), *arguments]
    return subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)


def files_in(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as package:
        return {name: package.read(name) for name in package.namelist()}


# What is in it


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "stream").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    found = {name for name in files_in(wheel) if ".dist-info/" not in name}
    assert found == tree
    assert {"stream/py.typed", "stream/board/index.html", "stream/text/taxonomy.yaml"} <= found


def test_the_sdist_makes_the_same_wheel(dist: Path, wheel: Path, tmp_path: Path) -> None:
    """`make build` makes the wheel of the sdist; this one is made of the tree."""
    done = subprocess.run(
        [_UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert files_in(tmp_path / wheel.name) == files_in(wheel)
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as package:
        names = {name.partition("/")[2] for name in package.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "Makefile", "tests/conftest.py"} <= names


def test_its_metadata_is_complete(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("feedback-stream", __version__)
    assert (metadata["License-Expression"], metadata["License-File"]) == ("Apache-2.0", "LICENSE")
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")
    assert metadata["Summary"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra", [])) == {"dev", "embedded", "mixin", "text"}
    classifiers = metadata.get_all("Classifier", [])
    assert "Typing :: Typed" in classifiers
    assert not [text for text in classifiers if text.startswith("License")], "the expression says it"
    urls = dict(text.split(", ", 1) for text in metadata.get_all("Project-URL", []))
    assert set(urls) == {"Source", "Documentation", "Changelog"}


def test_the_parts_list_has_what_the_image_installs_with_licences(dist: Path) -> None:
    parts = json.loads((dist / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert parts["bomFormat"] == "CycloneDX"
    assert (parts["metadata"]["component"]["name"], parts["metadata"]["component"]["version"]) == (
        "feedback-stream", __version__,
    )  # fmt: skip
    pinned = re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "deploy" / "requirements.txt").read_text(), re.MULTILINE)
    listed = {part["name"].lower().replace("_", "-"): part for part in parts["components"]}
    assert {(name, part["version"]) for name, part in listed.items()} - {("feedback-stream", __version__)} == {*pinned}
    assert [name for name, part in listed.items() if not part.get("licenses") or not part.get("purl")] == []


# That it runs


def test_it_runs_where_nothing_else_of_the_project_is(clean: Path, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text(EVENT)
    assert run(clean, tmp_path, "--version").stdout == f"feedback-stream {__version__}\n"
    helped = run(clean, tmp_path, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    scored = run(clean, tmp_path, "score", "events.jsonl", "--format", "json", "--kpi", "nps")
    assert scored.returncode == 0, scored.stderr
    assert json.loads(scored.stdout.splitlines()[-1])["summary"]["accepted"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["events.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [(["demo"], "embedded"), (["themes", "/dev/null"], "text"), (["mixin", "generate", "x"], "mixin")],
    ids=["embedded", "text", "mixin"],
)
def test_what_needs_an_extra_says_how_to_install_it(
    clean: Path, tmp_path: Path, arguments: list[str], extra: str
) -> None:
    done = run(clean, tmp_path, *arguments)
    assert done.returncode == 1
    assert f"pip install 'feedback-stream[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
