"""Free TCP ports on loopback."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the ports that systems hand to outgoing connections. While a broker there is restarted, a client that tries to
# reconnect can be given the broker's own port as its source, connects to itself, and the broker cannot have it back.
_RANGE = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """`count` different ports, in no order, that nothing listens on now; another program may still be faster.

    >>> len(set(free_ports(3)))
    3
    """
    candidates = (port for port in random.sample(_RANGE, len(_RANGE)) if _is_free(port))
    return [next(candidates) for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_taken(port: int) -> bool:
    """Whether something listens at a port now."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
