"""Memory that stays level: garbage is looked for at the right pace, and what was freed goes back to the system."""

import asyncio
import ctypes
import gc
import sys

#: So often freed memory is given back.
_GIVE_BACK_S = 30


def pace_collection() -> None:
    """Look for garbage less often than usual, and not among what was made by now: that stays."""
    gc.collect()
    gc.freeze()
    # Counting makes many short-lived objects: the default threshold would spend half the time looking at them.
    gc.set_threshold(50_000, 5, 5)


async def give_back_regularly() -> None:
    """Let the C library return what is free, until cancelled; where it cannot, do nothing.

    RocksDB's threads each have their own part of the heap. glibc keeps what they free in the middle of it, so that a
    process that compacts files all day would grow by that all day.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None  # only glibc has it
    while trim is not None:
        await asyncio.sleep(_GIVE_BACK_S)
        await asyncio.to_thread(trim, 0)
