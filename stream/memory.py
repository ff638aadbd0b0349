"""Memory that stays level: garbage is looked for at the right pace, and what was freed goes back to the system."""

import asyncio
import ctypes
import gc
import sys

from stream.store import State

#: So often freed memory is given back.
_GIVE_BACK_S = 30


def pace_collection() -> None:
    """Look for garbage less often than usual, and not among what was made by now: that stays."""
    gc.collect()
    gc.freeze()
    # Counting makes many short-lived objects: the default threshold would spend half the time looking at them.
    gc.set_threshold(50_000, 5, 5)


async def give_back_regularly(state: State) -> None:
    """Pack what is at rest, and let the C library return what is free where it can, until cancelled.

    RocksDB's threads each have their own part of the heap. glibc keeps what they free in the middle of it, so that a
    process that compacts files all day would grow by that all day.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None  # only glibc has it
    while True:
        await asyncio.sleep(_GIVE_BACK_S)
        for table in state.everything():
            table.rest()
            await asyncio.sleep(0)
        if trim is not None:
            await asyncio.to_thread(trim, 0)
