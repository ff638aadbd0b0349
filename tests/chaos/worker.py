"""A process that has imported everything, and forks workers when told: a start costs milliseconds in place of seconds.

Each line on standard input is an order, `{"name", "run", "log", "environment"}`; each on standard output tells
`{"name", "pid"}` of a start or `{"pid", "status"}` of an end. It ends, and its workers with it, with its input.
"""

import ctypes
import gc
import json
import os
import select
import signal
import sys
from typing import Any, NoReturn

import faust.cli.faust

import stream.cli
import stream.worker

from . import failpoints

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def main() -> None:
    """Fork workers until the input ends."""
    threads = os.listdir("/proc/self/task")  # noqa: PTH208  numbers, not paths
    assert len(threads) == 1, f"a process with {len(threads)} threads must not fork; is OPENBLAS_NUM_THREADS=1 set?"
    gc.freeze()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _say(ready=True)
    unread = b""
    while True:
        readable, _, _ = select.select([0, ended], [], [])
        if ended in readable:
            os.read(ended, 4096)
            _reap()
        if 0 in readable:
            data = os.read(0, 65_536)
            if not data:
                return
            *orders, unread = (unread + data).split(b"\n")
            for order in orders:
                _start(json.loads(order))


def _say(**what: Any) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say(pid=pid, status=os.waitstatus_to_exitcode(status))


def _start(order: dict[str, Any]) -> None:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        _say(name=order["name"], pid=pid)
        return
    try:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        _become(order)
    finally:
        os._exit(1)


def _become(order: dict[str, Any]) -> NoReturn:
    """Leave the parent's ways behind, and be what the command line would be."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.update(order["environment"])
    status: Any = 1
    try:
        _COMMANDS[order["run"]]()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _service() -> None:
    failpoints.install(os.environ)
    sys.argv = ["feedback-stream", "worker", "--role", "all"]
    stream.cli.main()


def _stock() -> None:
    sys.argv = ["faust", "-A", "tests.chaos.stock", "-l", "warn", "worker", "--without-web"]
    faust.cli.faust.cli()


_COMMANDS = {"service": _service, "stock": _stock}

if __name__ == "__main__":
    main()
