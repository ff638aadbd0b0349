"""A real Apache Kafka on this machine: jars from Maven Central, one KRaft node, data in a directory of its own."""

import asyncio
import base64
import fcntl
import logging
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from stream.brokers.ports import LOOPBACK, free_ports
from stream.brokers.process import Broker, BrokerMissingError
from stream.errors import BrokerError

KAFKA_VERSION = "4.3.1"  # 4.4.0 cannot be fetched: Maven Central lacks its kafka-tools-api
_JAVA_VERSION = 17  # what Kafka 4 needs

_log = logging.getLogger(__name__)

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>feedback-stream</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency>
    <!-- Without a binding the reason why a broker does not start is lost; this one is small and logs to stderr. -->
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

# One node, short-lived, on a machine shared with those who test it.
_SETTINGS = {
    "process.roles": "broker,controller",
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "BROKER",
    "controller.listener.names": "CONTROLLER",
    "num.partitions": "4",
    # A topic that nobody created is a mistake to be seen, not to be papered over.
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    # The first member of a group need not wait for others.
    "group.initial.rebalance.delay.ms": "0",
    # After a kill the node is not let in again before its old session has ended: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Records of a replay are old: with a retention by age they would be gone within minutes.
    "log.retention.ms": "-1",
    # The default of 128 MB is a quarter of the heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
}


class KafkaBroker(Broker):
    """One node of Apache Kafka, broker and controller at once; records survive `stop`, `kill` and `restart`.

    `properties` override the settings above. A cluster is several of these, started together, with the same
    `cluster_id`, different `node_id`s, and all `ID@HOST:CONTROLLER_PORT` in `voters`, separated by commas.
    `users` are passwords by user, for listeners that ask for SCRAM-SHA-512; they are stored at the first start.
    A `directory` of the caller's is kept; to start another on it later, pass the same ports and `cluster_id`.
    """

    title = f"Apache Kafka {KAFKA_VERSION}"

    def __init__(
        self,
        *,
        port: int | None = None,
        controller_port: int | None = None,
        node_id: int = 1,
        voters: str | None = None,
        cluster_id: str | None = None,
        directory: Path | None = None,
        properties: Mapping[str, str] | None = None,
        users: Mapping[str, str] | None = None,
        heap_mb: int = 512,
        timeout_s: float = 60,
    ) -> None:
        free = free_ports(2)
        super().__init__(
            port=port or free[0], cluster_id=cluster_id or _new_id(), directory=directory, timeout_s=timeout_s
        )
        controller_port = controller_port or free[1]
        self.data = self.directory / "data"
        self._heap_mb = heap_mb
        self._users = dict(users or {})
        own = {
            "node.id": str(node_id),
            "controller.quorum.voters": voters or f"{node_id}@{LOOPBACK}:{controller_port}",
            "listeners": f"BROKER://{self.bootstrap},CONTROLLER://{LOOPBACK}:{controller_port}",
            "advertised.listeners": f"BROKER://{self.bootstrap}",
            "log.dirs": str(self.data),
        }
        self._properties = _SETTINGS | own | dict(properties or {})

    async def command(self) -> list[str]:
        """Java running Kafka, on storage that was formatted at the first start."""
        java, jars = await asyncio.to_thread(lambda: (find_java(), fetch_jars()))
        config = self.directory / "server.properties"
        config.write_text("".join(f"{key}={value}\n" for key, value in self._properties.items()))
        run = _java_command(java, jars, self._heap_mb)
        if not (self.data / "meta.properties").exists():
            await asyncio.to_thread(_format_storage, run, jars, config, self.cluster_id, self._users)
        return [*run, f"-XX:SharedArchiveFile={_class_archive(jars)}", "kafka.Kafka", str(config)]


def find_java() -> str:
    """The `java` of `JAVA_HOME`, or else of `PATH`, if it is new enough for Kafka."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin")) if home else None)
    advice = f"install Java {_JAVA_VERSION} or newer, and set JAVA_HOME if it is not in PATH"
    if java is None:
        msg = f"java is not installed{f' in JAVA_HOME={home}' if home else ''}; {advice}"
        raise BrokerMissingError(msg)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < _JAVA_VERSION:
        msg = f"{java} is {said.splitlines()[0] if said else 'not working'}; {advice}"
        raise BrokerMissingError(msg)
    return java


def fetch_jars() -> Path:
    """The directory with Kafka's jars, filled by Maven at the first call on a machine (about 45 MB)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "feedback-stream"
    jars = cache / f"kafka-{KAFKA_VERSION}"
    if jars.is_dir():
        return jars
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"kafka-{KAFKA_VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second process waits here, and then finds the jars
        if not jars.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as temporary:
                _run_maven(Path(temporary)).rename(jars)
    return jars


def _run_maven(directory: Path) -> Path:
    mvn = shutil.which("mvn")
    if mvn is None:
        msg = f"mvn is not installed, and Apache Kafka {KAFKA_VERSION} was not fetched before; install Apache Maven"
        raise BrokerMissingError(msg)
    _log.info("fetching Apache Kafka %s with Maven, once: about 45 MB", KAFKA_VERSION)
    (directory / "pom.xml").write_text(_POM)
    copy = [mvn, "--quiet", "--batch-mode", _COPY, "-DoutputDirectory=jars", "-DincludeScope=runtime"]
    result = subprocess.run(copy, cwd=directory, capture_output=True, text=True, check=False)
    if result.returncode:
        found = re.search(r"\[ERROR\] (.*)", result.stdout)
        reason = found[1] if found else result.stderr
        msg = f"mvn could not fetch Apache Kafka {KAFKA_VERSION}: {reason}; check the network and Maven's settings"
        raise BrokerMissingError(msg)
    return directory / "jars"


def _java_command(java: str, jars: Path, heap_mb: int) -> list[str]:
    return [
        java,
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        # Measured: half the CPU of the optimizing compiler while starting, and less still over 400 000 records.
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp",
        os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar"))),
    ]


def _class_archive(jars: Path) -> Path:
    """Kafka's classes as Java keeps them in memory. Java ignores it where it is missing or does not fit."""
    return jars / "classes.jsa"


def _format_storage(run: list[str], jars: Path, config: Path, cluster_id: str, users: Mapping[str, str]) -> None:
    """Format the data directory; the first time, archive the loaded classes: every later start takes a third less."""
    archive = _class_archive(jars)
    fresh = archive.with_name(f"{uuid.uuid4().hex}.jsa")
    classes = f"-XX:SharedArchiveFile={archive}" if archive.exists() else f"-XX:ArchiveClassesAtExit={fresh}"
    tool = ["kafka.tools.StorageTool", "format", f"--config={config}", f"--cluster-id={cluster_id}"]
    tool += [f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]" for name, password in users.items()]
    result = subprocess.run([*run, classes, "-Xlog:disable", *tool], capture_output=True, text=True, check=False)
    if result.returncode:
        msg = f"Apache Kafka could not format its storage with {config}: {result.stderr or result.stdout}"
        raise BrokerError(msg)
    if fresh.exists():
        fresh.replace(archive)


def _new_id() -> str:
    """Kafka's form of a UUID: base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
