"""One worker of a group, role agents, that says what it has counted and how many partitions it holds, until stopped."""

import asyncio
import json
import signal
import time
from pathlib import Path

import uvloop

from stream import logs
from stream.bench import TOPIC
from stream.settings import Settings
from stream.worker import Worker


async def _main() -> None:
    worker = Worker(Settings.load(), "agents")
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await worker.start()
    while not ended.is_set():
        held = sum(tp.topic == TOPIC for tp in worker.partitions.reading())
        said = {
            "wall": time.monotonic(), "cpu": time.process_time(), "rss": _rss(), "held": held,
            "counted": sum(worker.metrics.feed().outcomes.values()),
        }  # fmt: skip
        print(json.dumps(said), flush=True)
        await asyncio.sleep(0.1)
    await worker.stop()


def _rss() -> int:
    """Bytes of memory, where the system says so."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return 1024 * int(text.partition("VmRSS:")[2].split()[0])


if __name__ == "__main__":
    logs.configure("warning")
    uvloop.run(_main())
