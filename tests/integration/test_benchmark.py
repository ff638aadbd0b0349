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


async def test_latencies_are_seen_from_both_sides(java: None, tmp_path: Path) -> None:
    page = await _page("latency", tmp_path, "--rate", "1000", "--seconds", "3", "--warm-up", "1")
    seen = [line.split("|") for line in page.splitlines() if "| by the service |" in line or "| from outside |" in line]
    assert len(seen) == 4
    for cells in seen:
        assert int(cells[3].replace(",", "")) > 100
        assert "nan" not in "".join(cells)


async def test_scrapes_are_timed_and_compared(java: None, tmp_path: Path) -> None:
    page = await _page("scrape", tmp_path, "--events", "6000", "--pairs", "1", "--pages", "2", "--rest", "1")
    series, large = (line.split("|") for line in page.splitlines() if line.startswith(("| 20,000", "| 10,000")))
    assert [cell.strip() for cell in large[4:6]] == ["2,000", "8,000"]
    assert int(series[6].replace(",", "")) > 5_000
    assert "| alone | " in page


async def _page(name: str, directory: Path, *arguments: str) -> str:
    """What a benchmark writes."""
    to = directory / f"{name}.md"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"benchmarks.{name}",
        *arguments,
        "--to",
        str(to),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return to.read_text()
