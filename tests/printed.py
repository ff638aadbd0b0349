"""What the commands of the documents print: `python -m tests.printed` writes it below them.

A block of `sh` with a block of `text` right after it has printed that; all commands of a page run in one directory.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Pages whose commands need no broker, each with the heading below which they run by themselves.
PAGES = {"concepts.md": "", "add-a-kpi.md": "", "getting-started.md": "## 6. "}

_BLOCK = re.compile(r"^```(sh|text|python)\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
_LONGEST_S = 300


def printed(name: str) -> str:
    """A page with what its commands print now.

    Raises:
        CalledProcessError: if one of them fails.
    """
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    above, heading, below = text.partition(PAGES[name]) if PAGES[name] else ("", "", text)
    with tempfile.TemporaryDirectory() as directory:
        return above + heading + _run(below, Path(directory))


def _run(text: str, place: Path) -> str:
    environment = _prepare(place)
    parts: list[str] = []
    said, end = "", 0
    for block in _BLOCK.finditer(text):
        parts.append(text[end : block.start()])
        kind, body = block.groups()
        if kind == "python":
            _add_kpi(place, body)
        elif kind == "sh":
            said = _output(body, place, environment)
        elif not parts[-1].strip():  # nothing stands between it and the commands
            body = said
        parts.append(f"```{kind}\n{body}```\n")
        end = block.end()
    return "".join(parts) + text[end:]


def _prepare(place: Path) -> dict[str, str]:
    """A directory where the program is installed: with the interpreter that runs this, and without settings."""
    bin_ = place / ".venv" / "bin"
    bin_.mkdir(parents=True)
    for name, arguments in (("feedback-stream", "-m stream"), ("python", "")):
        (bin_ / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        (bin_ / name).chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("FEEDBACK_")}
    path = os.pathsep.join([str(bin_), os.environ["PATH"]])
    return own | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


def _add_kpi(place: Path, body: str) -> None:
    """A copy of the program that knows one more KPI; `python -m` finds it before the other."""
    shutil.copytree(ROOT / "stream", place / "stream", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "stream" / "kpi" / "of_the_page.py").write_text(body, encoding="utf-8")
    command = [sys.executable, "-m", "doctest", "-o", "ELLIPSIS", "stream/kpi/of_the_page.py"]
    subprocess.run(command, cwd=place, env={"PATH": os.environ["PATH"], "PYTHONPATH": "."}, check=True)


def _output(script: str, place: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-e", "-c", script], cwd=place, env=environment, stdout=subprocess.PIPE, timeout=_LONGEST_S, check=True
    )
    lines = [line.rstrip() for line in done.stdout.decode().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def main() -> None:
    """Write all pages."""
    for name in PAGES:
        (ROOT / "docs" / name).write_text(printed(name), encoding="utf-8")


if __name__ == "__main__":
    main()
