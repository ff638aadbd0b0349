"""What tests of pages share: their commands, run as they stand there."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .harness import DEADLINE_S, environment

REPOSITORY = Path(__file__).parents[2]


def commands(page: str) -> dict[str, list[str]]:
    """The blocks of shell commands of a page, by the heading that they are under."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    found = {
        section.partition("\n")[0]: re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
        for section in re.split(r"^## ", text, flags=re.MULTILINE)
    }
    return {heading: blocks for heading, blocks in found.items() if blocks}


def own_environment(**settings: object) -> dict[str, str]:
    """Without settings but these, on a terminal of a usual width."""
    return environment("unused", **settings) | {"COLUMNS": "120"}


@contextmanager
def running(
    script: str, place: Path, env: dict[str, str], name: str = "shell", deadline_s: float = DEADLINE_S
) -> Iterator[Callable[[], tuple[int, str]]]:
    """A shell that ends at the first command that fails; call the result to wait for its status and output.

    What it leaves running is stopped at the end.
    """
    out, log = place / f"{name}.out", place / f"{name}.log"
    with out.open("wb") as stdout, log.open("wb") as stderr:
        shell = subprocess.Popen(
            ["sh", "-e", "-c", script], cwd=place, env=env, stdout=stdout, stderr=stderr, start_new_session=True
        )

    def ended() -> tuple[int, str]:
        status = shell.wait(deadline_s)
        return status, out.read_text(encoding="utf-8")

    try:
        yield ended
    finally:
        _stop(shell)
        print(log.read_text(encoding="utf-8", errors="replace"), file=sys.stderr)  # shown where the test fails


def _stop(shell: "subprocess.Popen[bytes]") -> None:
    """End the shell's session, and wait until its last process is gone."""
    for number, patience in ((signal.SIGTERM, DEADLINE_S), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience
        try:
            os.killpg(shell.pid, number)
            while time.monotonic() < deadline:
                shell.poll()
                os.killpg(shell.pid, 0)
                time.sleep(0.1)
        except ProcessLookupError:
            return


def with_curl(script: str) -> str:
    """The script, with Python in the place of `curl` where that is not installed."""
    if shutil.which("curl"):
        return script
    fetch = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
    command = f"'{sys.executable}' -c '{fetch}'"
    return script.replace("curl -sf", command).replace("curl -s", command)
