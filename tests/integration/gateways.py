"""Gateways as child processes."""

import sys
from pathlib import Path
from typing import Any

import aiohttp

from .harness import Service

TOKEN = {"Authorization": "Bearer s3cret"}


class Gateway(Service):
    """`feedback-stream gateway` as a child process."""

    def __init__(self, directory: Path, broker: str, **settings: object) -> None:
        super().__init__(directory, broker, "gateway", **settings)
        self._command = [sys.executable, "-m", "stream", "gateway"]
        self._environment |= {"FEEDBACK_GATEWAY_HTTP": self.http}
        self.change(gateway_events_secrets="s3cret")

    async def post(self, session: aiohttp.ClientSession, event: Any) -> tuple[int, Any]:
        """Status and headers of the answer to an event."""
        async with session.post(f"{self.url}/in/events", json=event, headers=TOKEN) as response:
            await response.read()
            return response.status, response.headers
