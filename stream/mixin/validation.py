"""Whether files are those that are generated, and whether the tools of Prometheus and Alertmanager accept them."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

#: Where every file is a generated one.
_ONLY_OURS = ("prometheus/tests/*.yml", "grafana/dashboards/*.json")
#: The tools: their arguments, and the files that they are given.
_TOOLS = (
    ("promtool", ("check", "rules"), ("prometheus/rules.yml", "prometheus/alerts.yml")),
    ("promtool", ("test", "rules"), ("prometheus/tests/*.yml",)),
    ("amtool", ("check-config",), ("alertmanager/*.yml",)),
)


class Finding(NamedTuple):
    """What was looked at, and how it is: `skipped` where a tool is not installed."""

    state: Literal["ok", "failed", "skipped"]
    what: str
    said: str = ""


def findings(directory: Path, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Compare the files in a directory with what they should be, and have them checked."""
    wrong = {name: _difference(directory / name, text) for name, text in texts.items()}
    found = {path.relative_to(directory).as_posix() for each in _ONLY_OURS for path in directory.glob(each)}
    wrong |= dict.fromkeys(sorted(found - texts.keys()), "is of nothing that there is any more")
    differing = [Finding("failed", str(directory / name), said) for name, said in wrong.items() if said]
    yield from differing or [Finding("ok", f"{len(texts)} generated files")]
    for tool, arguments, patterns in _TOOLS:
        files = [str(path) for each in patterns for path in sorted(directory.glob(each))]
        yield _checked(tool, arguments, files)


def _difference(path: Path, text: str) -> str:
    if not path.exists():
        return "is missing"
    return "" if path.read_text(encoding="utf-8") == text else "is another than `mixin generate` writes"


def _checked(tool: str, arguments: tuple[str, ...], files: list[str]) -> Finding:
    what = " ".join((tool, *arguments))
    if shutil.which(tool) is None:
        return Finding("skipped", what, f"{tool} is not installed")
    if not files:
        return Finding("failed", what, "there are no files for it")
    done = subprocess.run([tool, *arguments, *files], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Finding("ok", what)
    return Finding("failed", what, (done.stdout + done.stderr).strip())
