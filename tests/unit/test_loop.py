"""The event loop closes TLS connections also where the other side does not say good-bye."""

import asyncio
import socket
import ssl
import threading

import pytest
import trustme

from stream.brokers.ports import LOOPBACK
from stream.loop import run

pytest.importorskip("uvloop", reason="Windows has none")


def test_a_connection_closes_without_the_others_good_bye() -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    done = threading.Event()
    outcome: list[bool] = []

    def accept(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        with accepted, context.wrap_socket(accepted, server_side=True):
            done.wait()  # deaf and mute

    async def connect(port: int) -> None:
        _, writer = await asyncio.open_connection(LOOPBACK, port, ssl=trusting)
        writer.close()
        # A deadline, far from the second that is given and the half minute that is the default.
        closed = asyncio.ensure_future(writer.wait_closed())
        await asyncio.wait([closed], timeout=20)
        outcome.append(closed.done())
        done.set()
        await asyncio.wait([closed])
        closed.exception()  # it may well be that the good-bye is missing

    with socket.create_server((LOOPBACK, 0)) as listener:
        server = threading.Thread(target=accept, args=(listener,), daemon=True)
        server.start()
        run(connect(listener.getsockname()[1]))
        server.join()
    assert outcome == [True]
