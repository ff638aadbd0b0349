"""The benchmark as a whole, in small: the service and the limit on real Kafka."""

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


async def test_the_service_counts_what_the_events_were_made_of(java: None, tmp_path: Path) -> None:
    arguments = ["--events", "50000", "--runs", "1", "--only", "limit", "--only", "service", "--to", str(tmp_path)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.run",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    page = (tmp_path / "results.md").read_text()
    assert "| exact |" in next(line for line in page.splitlines() if line.startswith("| feedback-stream"))
    assert (tmp_path / "results.svg").exists()
