"""Since when the oldest of what cannot be fetched waits."""


class Oldest:
    """The oldest of each source; times in seconds since 1970.

    Whatever waits is seen again and again. What is not seen for `within` seconds is done, or with another process.

    >>> oldest = Oldest(within=600)
    >>> oldest.see("qualtrics", since=100.0, now=1_000.0)
    >>> oldest.see("qualtrics", since=900.0, now=1_500.0)
    >>> oldest.at(1_600.0), oldest.at(1_700.0)
    ({'qualtrics': 100.0}, {})
    """

    def __init__(self, within: float) -> None:
        self._within = within
        self._seen: dict[str, tuple[float, float]] = {}

    def see(self, source: str, since: float, now: float) -> None:
        """Note one that waits."""
        oldest, seen = self._seen.get(source, (since, now))
        if since <= oldest or seen + self._within < now:
            self._seen[source] = since, now

    def at(self, now: float) -> dict[str, float]:
        """Since when the oldest of each source waits, of those where something does."""
        return {source: since for source, (since, seen) in self._seen.items() if seen + self._within >= now}
