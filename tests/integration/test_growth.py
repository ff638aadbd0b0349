"""The benchmark of growth as a whole, with the smallest figures: every part, on real Kafka."""

import asyncio
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from stream.sizing.costs import COSTS

ROOT = Path(__file__).parents[2]
SMALL = ["--events", "1000", "--most-members", "10", "--most-answers", "10000", "--most-keys", "16000",
         "--backlog", "10000", "--repeat", "1"]  # fmt: skip


async def test_every_part_is_measured_and_written(java: None, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.growth", *SMALL, "--to", str(tmp_path),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    page = (tmp_path / "growth.md").read_text()
    assert {"Members and crosses", "The index", "Two workers on two cores", "Recovery", "Costs of the model"} <= set(
        re.findall(r"^## (.*)$", page, re.MULTILINE)
    )
    assert re.search(r"^\| 16,000 \|", page, re.MULTILINE), "all state keys came back"
    # What the model takes for granted is measured under the same names, but for the two that are allowances.
    named = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert named == {*COSTS._fields} - {"disk_spare", "uncompacted_s"}
    for name in re.findall(r"\((growth-\w+\.svg)\)", page):
        drawing = ET.parse(tmp_path / name)  # noqa: S314  our own
        assert any(each.tag.endswith("polyline") for each in drawing.iter())
