"""What is done to workers, in turns and at random, while events keep coming."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from .crew import Crew, Member
from .world import SESSION_S

Fault = Callable[[Crew, Member, random.Random], Awaitable[bool]]


async def kill(crew: Crew, member: Member, _: random.Random) -> bool:
    """A power cut."""
    return crew.signal(member, signal.SIGKILL)


async def terminate(crew: Crew, member: Member, _: random.Random) -> bool:
    """A deployment."""
    return crew.signal(member, signal.SIGTERM)


async def wipe(crew: Crew, member: Member, _: random.Random) -> bool:
    """A power cut that takes the worker's disk with it."""
    member.wipe = True
    return crew.signal(member, signal.SIGKILL)


async def pause(crew: Crew, member: Member, chance: random.Random) -> bool:
    """A zombie: it is taken for dead, its partitions are another's, and it wakes up."""
    return await crew.pause(member, SESSION_S + 0.5 + 2 * chance.random())


#: Names as the report shows them, with how often each is drawn.
ROTATION: dict[str, tuple[Fault, int]] = {
    "kill -9": (kill, 5),
    "SIGTERM": (terminate, 4),
    "pause beyond the session": (pause, 2),
    "kill -9 and an empty disk": (wipe, 1),
}


async def rotate(
    crew: Crew, seconds: float, chance: random.Random, faults: dict[str, tuple[Fault, int]], records: int
) -> "Counter[str]":
    """Inject faults for so long; between two of them so many records must be made durable, mostly.

    Sometimes the next one comes at once, into the rebalance that the one before has caused.
    """
    injected: Counter[str] = Counter()
    names = [name for name, (_, weight) in faults.items() for _ in range(weight)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        victims = chance.sample(crew.members, chance.choice((1, 1, 1, 2)))
        drawn = [chance.choice(names) for _ in victims]
        struck = await asyncio.gather(
            *(faults[name][0](crew, member, chance) for name, member in zip(drawn, victims, strict=True))
        )
        injected.update(name for name, hit in zip(drawn, struck, strict=True) if hit)
        if chance.random() < 0.8:
            await crew.progress(records)
        await asyncio.sleep(chance.random() * 0.5)
    return injected
