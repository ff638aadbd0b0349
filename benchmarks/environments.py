"""The environments of the peers: made once on a machine, in the cache directory, from the pins beside each peer."""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from stream.brokers.kafka import find_java

_PEERS = Path(__file__).with_name("peers")
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", re.MULTILINE)


class UnavailableError(RuntimeError):
    """An environment cannot be made here; the message says why, in one line."""


def own() -> list[str]:
    """The interpreter that runs this: for what is part of this project."""
    return [sys.executable]


def python(peer: str) -> list[str]:
    """The interpreter of a virtual environment with what `peers/PEER.txt` pins.

    Raises:
        UnavailableError: if it cannot be installed.
    """
    requirements = _PEERS / f"{peer}.txt"
    tag = f"{platform.python_implementation()}-{platform.python_version()}"
    directory = _once(f"{peer}-{tag}", [requirements], lambda path: _install(path, requirements))
    return [str(directory / "bin" / "python")]


def java(peer: str) -> list[str]:
    """Java with the classes of the Maven project `peers/PEER` and all that they need; the main class is to follow.

    Raises:
        UnavailableError: if it cannot be built.
    """
    project = _PEERS / peer
    sources = [project / "pom.xml", *sorted(project.rglob("*.java"))]
    directory = _once(peer, sources, lambda path: _build(path, project))
    options = ["-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return [find_java(), *options, "-cp", f"{directory}/project/target/classes{os.pathsep}{directory}/jars/*"]


def pins(requirements: str) -> dict[str, str]:
    r"""The versions that a requirements file pins.

    >>> pins("bytewax[kafka]==0.21.1  # the last one\nmsgspec==0.22.0\n")
    {'bytewax': '0.21.1', 'msgspec': '0.22.0'}
    """
    return dict(_PIN.findall(requirements))


def _once(name: str, sources: list[Path], make: Callable[[Path], None]) -> Path:
    """A directory that was made from these sources, now or before."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "feedback-stream" / "peers"
    cache.mkdir(parents=True, exist_ok=True)
    directory = cache / f"{name}-{digest}"
    finished = directory / "finished"
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second process waits here, and then finds it
        if not finished.exists():
            shutil.rmtree(directory, ignore_errors=True)
            make(directory)
            finished.touch()
    return directory


def _install(directory: Path, requirements: Path) -> None:
    _run([sys.executable, "-m", "venv", str(directory)])
    pip = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "-r", str(requirements)])


def _build(directory: Path, project: Path) -> None:
    mvn = shutil.which("mvn")
    if mvn is None:
        msg = "mvn is not installed; install Apache Maven and a JDK of Java 17"
        raise UnavailableError(msg)
    copy = directory / "project"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("target"))
    maven = [mvn, "--quiet", "--batch-mode", f"--file={copy / 'pom.xml'}"]
    _run([*maven, "compile"])
    _run([*maven, _COPY, f"-DoutputDirectory={directory / 'jars'}", "-DincludeScope=runtime"])


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        said = [line for line in f"{result.stdout}\n{result.stderr}".splitlines() if "ERROR" in line.upper()]
        msg = f"`{Path(command[0]).name} {' '.join(command[1:4])} …` failed: {' '.join(said)[:500] or result.stderr}"
        raise UnavailableError(msg)
