"""A real Kafka that encrypts, asks who one is, and grants only what docs/security.md says."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import trustme
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from stream.brokers.kafka import KafkaBroker
from stream.brokers.ports import LOOPBACK, free_ports

ROOT = Path(__file__).parent.parent.parent

#: Users by SCRAM, and what they may do in the words of the table in docs/security.md.
USERS = {
    "operator": ("making the topics", "`doctor`", "`dead-letters`"),
    "worker": ("`worker`",),
    "sender": ("`send`, `simulate`",),
    "reader": ("`worker --role text`",),
}
#: A password with what quoting could spoil; `=` and `,` are Kafka's own separators where it is set.
PASSWORD = "s3cret %§ '\"$x"  # noqa: S105  of a broker that lives as long as the test
KEY_PASSWORD = "of the key"  # noqa: S105  likewise

_TYPES = {"topics": 2, "group": 3}
_LITERAL, _PREFIXED = 3, 4
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
_ALLOW = 3


class Right(NamedTuple):
    """A right to be granted; an entry of the table in numbers of Kafka's protocol."""

    type: int
    name: str
    pattern: int
    operation: int


def rights(*roles: str) -> list[Right]:
    """What the table in docs/security.md gives to these roles."""
    found = []
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for role, resource, operations in re.findall(r"^\| (.+?) \| (topics .+|group .+) \| (.+) \|$", page, re.MULTILINE):
        pattern = _PREFIXED if "begin with" in resource else _LITERAL
        for name in re.findall(r"`(.+?)`", resource) if role in roles else ():
            kind = _TYPES[resource.split()[0]]
            found += [Right(kind, name, pattern, _OPERATIONS[operation]) for operation in operations.split(", ")]
    assert {role for role in roles if f"| {role} |" in page} == set(roles)
    return found


async def grant(broker: str, user: str, wanted: Iterable[Right]) -> None:
    """Give rights to a user."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        for right in wanted:
            request = CreateAclsRequest(
                right.type, right.name, right.pattern, f"User:{user}", "*", right.operation, _ALLOW
            )
            response: Any = await admin._send_request(request)
            assert [code for code, *_ in response.creation_responses] == [0], response
    finally:
        await admin.close()


class Secured:
    """The broker, and the settings to reach its listeners; `bootstrap` is a plain one, for the tests themselves."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(directory / "ca.pem")
        trustme.CA().cert_pem.write_to_path(directory / "foreign-ca.pem")
        own = self._authority.issue_cert(LOOPBACK)
        (directory / "broker.pem").write_bytes(_key(own) + _chain(own))
        port, controller, self.login_port, self.mutual_port, self.open_login_port = free_ports(5)
        self.broker = KafkaBroker(
            port=port,
            controller_port=controller,
            users=dict.fromkeys(USERS, PASSWORD),
            properties=self._properties(port, controller),
        )
        self.bootstrap = self.broker.bootstrap

    def login(self, user: str, **changed: object) -> dict[str, Any]:
        """Settings for TLS and SCRAM."""
        return {
            "broker": f"{LOOPBACK}:{self.login_port}",
            "kafka_security": "sasl_ssl",
            "kafka_username": user,
            "kafka_password": PASSWORD,
            "kafka_ca_file": self.directory / "ca.pem",
        } | changed

    def mutual(self, user: str, **changed: object) -> dict[str, Any]:
        """Settings for TLS with a certificate of one's own."""
        issued = self._authority.issue_cert("client.example", common_name=user)
        cert, key = self.directory / f"{user}-cert.pem", self.directory / f"{user}-key.pem"
        cert.write_bytes(_chain(issued))
        key.write_bytes(_key(issued, KEY_PASSWORD))
        return {
            "broker": f"{LOOPBACK}:{self.mutual_port}",
            "kafka_security": "ssl",
            "kafka_ca_file": self.directory / "ca.pem",
            "kafka_cert_file": cert,
            "kafka_key_file": key,
            "kafka_key_password": KEY_PASSWORD,
        } | changed

    async def start(self) -> None:
        """Start the broker, and give each user its rights."""
        await self.broker.start()
        for user, roles in USERS.items():
            await grant(self.bootstrap, user, rights(*roles))

    def _properties(self, port: int, controller: int) -> dict[str, str]:
        ports = {
            "BROKER": port,
            "LOGIN": self.login_port,
            "MUTUAL": self.mutual_port,
            "OPENLOGIN": self.open_login_port,
        }
        listeners = ",".join(f"{name}://{LOOPBACK}:{number}" for name, number in ports.items())
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        tls = {"keystore.type": "PEM", "keystore.location": str(self.directory / "broker.pem")}
        trusted = {"truststore.type": "PEM", "truststore.location": str(self.directory / "ca.pem")}
        properties = {
            "listeners": f"{listeners},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": listeners,
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,"
            "LOGIN:SASL_SSL,MUTUAL:SSL,OPENLOGIN:SASL_PLAINTEXT",
            "listener.name.mutual.ssl.client.auth": "required",
            "listener.name.mutual.ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",  # who comes by the plain listeners
            "group.min.session.timeout.ms": "1000",
        }
        for listener in ("login", "openlogin"):
            properties[f"listener.name.{listener}.sasl.enabled.mechanisms"] = "SCRAM-SHA-512"
            properties[f"listener.name.{listener}.scram-sha-512.sasl.jaas.config"] = scram
        for listener in ("login", "mutual"):
            for name, value in (tls | trusted).items():
                properties[f"listener.name.{listener}.ssl.{name}"] = value
        return properties


def _chain(issued: trustme.LeafCert) -> bytes:
    return b"".join(part.bytes() for part in issued.cert_chain_pems)


def _key(issued: trustme.LeafCert, password: str = "") -> bytes:
    """The private key, in the form that Kafka reads."""
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
