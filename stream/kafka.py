"""How every client reaches Kafka: its options, made of the settings, and one sentence where Kafka refuses it."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, errors
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.protocol.metadata import MetadataRequest

from stream.errors import AccessError, BrokerError, SettingsError
from stream.settings import Settings

_Address = tuple[str, int]

#: So long a broker may take to answer the first question.
_ANSWER_MS = 10_000
#: Between two attempts to reach brokers that were reached before.
_AGAIN_S = 0.5

_FORBIDDEN = (
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
)


def client_options(settings: Settings) -> dict[str, Any]:
    """Where and how a client of aiokafka connects: its first keyword arguments.

    Raises:
        SettingsError: if a file that the settings name cannot be used; with the setting, the file and the reason.

    >>> client_options(Settings(broker="kafka-1:9092"))
    {'bootstrap_servers': 'kafka-1:9092', 'security_protocol': 'PLAINTEXT'}
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.broker,
        "security_protocol": settings.kafka_security.upper(),
    }
    if settings.tls:
        options["ssl_context"] = _ssl_context(settings)
    if settings.sasl:
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": _password(settings),
        }
    return options


def member_options(settings: Settings, stage: str) -> dict[str, Any]:
    """What a consumer is made with that shares a stage's work with others, and commits what it has done by itself."""
    return client_options(settings) | {
        "group_id": f"{settings.app_id}-{stage}",
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "session_timeout_ms": settings.session_timeout * 1000,
        "heartbeat_interval_ms": min(3_000, settings.session_timeout * 250),
    }


def _password(settings: Settings) -> str:
    path = settings.kafka_password_file
    if path is None:
        return settings.kafka_password.get_secret_value()
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable("kafka_password_file", path, error) from None
    if not password or "\n" in password:
        msg = f"kafka_password_file: {path} must hold one line, the password"
        raise SettingsError(msg)
    return password


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    for name in ("kafka_ca_file", "kafka_cert_file", "kafka_key_file"):
        path = getattr(settings, name)
        if path is not None:
            try:
                path.open("rb").close()  # asked first, because ssl does not say which file it could not read
            except OSError as error:
                raise _unusable(name, path, error) from None
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
    except ssl.SSLError as error:
        assert settings.kafka_ca_file is not None  # noqa: S101  the system's own cannot be wrong in form
        raise _unusable("kafka_ca_file", settings.kafka_ca_file, error) from None
    context.check_hostname = settings.kafka_check_hostname
    if settings.kafka_cert_file is not None and settings.kafka_key_file is not None:
        try:
            # Without any password OpenSSL would ask for one on the terminal.
            password = settings.kafka_key_password.get_secret_value()
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file, password)
        except ssl.SSLError as error:
            files = f"{settings.kafka_cert_file} with kafka_key_file: {settings.kafka_key_file}"
            raise _unusable("kafka_cert_file", files, error) from None
    return context


def _unusable(name: str, path: Path | str, error: Exception) -> SettingsError:
    if isinstance(error, ssl.SSLError):
        reason = _words(error) or "it is not PEM, or kafka_key_password does not open the key"
    else:
        reason = getattr(error, "strerror", None) or "it is not text"
    return SettingsError(f"{name}: {path} cannot be used: {reason}")


def _words(error: ssl.SSLError) -> str:
    """What OpenSSL calls the reason, as words; nothing where it gives none."""
    return (error.reason or "").replace("_", " ").lower()


async def reach(settings: Settings, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """The options for clients, once a broker has answered; made of the settings unless there are some already.

    Asked before a client is started: clients log why they were refused and raise no reason. What counts is both an
    address of the setting, and one of those that the brokers give themselves, which is where clients go next.

    Raises:
        AccessError: if the brokers refuse, or cannot be trusted.
        BrokerError: if none answers.
        SettingsError: if a file that the settings name cannot be used.
    """
    options = options or client_options(settings)
    given = [(host, port) for host, port, _ in collect_hosts(settings.broker)]
    asked, own = await _first_answer(settings, options, given)
    if own and asked not in own:
        await _first_answer(settings, options, random.sample(own, len(own)))
    return options


async def _first_answer(
    settings: Settings, options: dict[str, Any], addresses: Sequence[_Address]
) -> tuple[_Address, list[_Address]]:
    """The first address that answers, and the addresses that it calls the brokers'."""
    problems: list[BrokerError] = []
    for address in addresses:
        try:
            return address, await _brokers(options, address)
        except (errors.KafkaError, OSError, TimeoutError, ValueError) as error:
            problems.append(_problem(settings, address, error))
    # Of several the one that says most: a refusal tells more than a broker that is away.
    raise next((problem for problem in problems if isinstance(problem, AccessError)), problems[0])


async def _brokers(options: dict[str, Any], address: _Address) -> list[_Address]:
    how = {name: value for name, value in options.items() if name != "bootstrap_servers"}
    connection = await create_conn(*address, request_timeout_ms=_ANSWER_MS, **how)
    try:
        metadata = await connection.send(MetadataRequest([]))
        return [(broker[1], broker[2]) for broker in metadata.brokers]
    finally:
        await connection.close()


def _problem(settings: Settings, address: _Address, error: Exception) -> BrokerError:
    """One sentence for a connection that came to nothing."""
    place = f"Kafka at {address[0]}:{address[1]}"
    cause = error.__cause__ if isinstance(error, errors.KafkaConnectionError) and error.__cause__ else error
    if isinstance(cause, ssl.SSLError):
        return AccessError(f"{place} {_tls_problem(settings, cause)}")
    if isinstance(error, errors.SaslAuthenticationFailed | ValueError):
        user = f"user {settings.kafka_username!r} with the password given"
        return AccessError(f"{place} refuses {user} (settings kafka_username, kafka_password)")
    if isinstance(error, errors.UnsupportedSaslMechanismError):
        return AccessError(f"{place} does not take kafka_sasl_mechanism={settings.kafka_sasl_mechanism}")
    if isinstance(error, errors.KafkaError | ConnectionResetError | ConnectionAbortedError):
        security = f"kafka_security={settings.kafka_security}"
        return AccessError(f"{place} ends the conversation at once; it seems to expect something other than {security}")
    reason = "no answer in time" if isinstance(error, TimeoutError) else str(error)
    return BrokerError(f"no Kafka broker answers at {address[0]}:{address[1]} (setting broker): {reason}")


def _tls_problem(settings: Settings, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if "not valid for" in error.verify_message:
            return (
                f"shows a certificate of another host: {error.verify_message} (settings broker, kafka_check_hostname)"
            )
        return f"shows a certificate that is not trusted: {error.verify_message} (setting kafka_ca_file)"
    if "ALERT" in (error.reason or ""):
        own = settings.kafka_cert_file
        what = f"refuses the certificate in {own}" if own else "asks for a certificate, and none is given"
        return f"{what} (setting kafka_cert_file): {_words(error)}"
    return f"does not speak TLS there (kafka_security={settings.kafka_security}): {_words(error) or error}"


async def up_to_now(consumer: AIOKafkaConsumer) -> AsyncIterator[ConsumerRecord]:
    """The records of what a consumer that has started is assigned, up to where it ends by now."""
    ends = await consumer.end_offsets(sorted(consumer.assignment()))
    while any([await consumer.position(tp) < end for tp, end in ends.items()]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                yield record


def patient(client: Any) -> None:
    """Let a client of aiokafka that reaches no broker wait before it tries again; it would not, while records wait."""
    update = client._metadata_update  # noqa: SLF001  there is no setting

    async def updated(*arguments: Any) -> bool:
        found: bool = await update(*arguments)
        if not found:
            await asyncio.sleep(_AGAIN_S)
        return found

    client._metadata_update = updated  # noqa: SLF001  likewise


@contextmanager
def told() -> Iterator[None]:
    """Turn what clients of aiokafka raise inside into a sentence.

    Raises:
        AccessError: if a right is missing.
        BrokerError: if Kafka failed otherwise.
    """
    try:
        yield
    except errors.KafkaError as error:
        raise explained(error) from None


def explained(error: errors.KafkaError) -> BrokerError:
    """The sentence for a failure of Kafka.

    >>> str(explained(errors.TopicAuthorizationFailedError("feedback.surveys")))
    'Kafka refuses a right that this needs (docs/security.md): [Error 29] ...Error: feedback.surveys'
    """
    if is_forbidden(error):
        return AccessError(f"Kafka refuses a right that this needs (docs/security.md): {error}")
    return BrokerError(f"Kafka has failed: {error}")


def is_forbidden(error: BaseException | type[BaseException] | None) -> bool:
    """Whether an error, or its class, says that a right is missing."""
    kind = error if isinstance(error, type) else type(error)
    return issubclass(kind, _FORBIDDEN)
