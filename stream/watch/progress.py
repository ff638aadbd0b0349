"""Whether work gets done: for how long things that have work to do have not moved; no clock, no broker."""

from collections.abc import Collection, Hashable
from typing import NamedTuple

#: Kinds of jobs, as metrics and logs name them.
JOBS = ("count", "commit", "recover")


class Job(NamedTuple):
    """Something that should move: `mark` changes when it does, `busy` says whether there is work."""

    kind: str
    name: str
    mark: Hashable
    busy: bool


class Progress:
    """Remembers since when each job stands still.

    >>> progress = Progress()
    >>> progress.look([Job("count", "feedback.surveys-0", 10, busy=True)], now=0.0)
    {}
    >>> progress.look([Job("count", "feedback.surveys-0", 10, busy=True)], now=30.0)
    {('count', 'feedback.surveys-0'): 30.0}
    >>> progress.look([Job("count", "feedback.surveys-0", 11, busy=True)], now=60.0)
    {}
    """

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], tuple[Hashable, float]] = {}

    def look(self, jobs: Collection[Job], now: float) -> dict[tuple[str, str], float]:
        """Seconds for which each job that stands still has done so, by kind and name."""
        since = {}
        for job in jobs:
            if job.busy:
                mark, moved = self._since.get(job[:2], (job.mark, now))
                since[job[:2]] = (job.mark, moved if mark == job.mark else now)
        self._since = since
        return {job: now - moved for job, (_, moved) in since.items() if now > moved}

    def forget(self) -> None:
        """Begin anew, where nobody could look for a while."""
        self._since = {}
