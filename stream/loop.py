"""The fastest event loop there is, whose TLS connections close in time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

try:
    import uvloop
except ImportError:  # Windows has none
    _new_loop = None
else:

    class _Loop(uvloop.Loop):
        """A connection that is closed while the other side still sends can miss its good-bye: 30 s by default."""

        async def create_connection(self, *args: Any, ssl: Any = None, **options: Any) -> Any:
            """As uvloop's, with a second for the good-bye."""
            if ssl is not None:
                options.setdefault("ssl_shutdown_timeout", 1.0)
            return await super().create_connection(*args, ssl=ssl, **options)

    _new_loop = _Loop


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end.

    >>> async def hello() -> None:
    ...     print("hello")
    >>> run(hello())
    hello
    """
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(main)
