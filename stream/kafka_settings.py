"""The settings of the connection to Kafka: where, how secured, and what fits together."""

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

Security = Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
File = Annotated[Path | None, BeforeValidator(lambda value: value or None)]  # an empty variable is none, not `.`

_LOGIN = {"kafka_username", "kafka_password", "kafka_password_file"}
_TLS = {"kafka_ca_file", "kafka_cert_file", "kafka_key_file", "kafka_key_password"}


class KafkaSettings(BaseSettings):
    """The part of the settings that says how Kafka is reached."""

    broker: str = Field("127.0.0.1:9092", description="Kafka's bootstrap servers, host:port, comma-separated.")
    broker_kind: Literal["kafka", "embedded"] = Field(
        "kafka", description="`embedded` leaves out what the embedded broker lacks: idempotence, replication, lag."
    )
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="`ssl` is TLS, `sasl` a user and password; see [Security](security.md)."
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="How the password is proved; `PLAIN` sends it."
    )
    kafka_username: str = Field("", description="User, with `sasl`.")
    kafka_password: SecretStr = Field(SecretStr(""), description="Its password; or better a file:")
    kafka_password_file: File = Field(None, description="File whose only line is the password.")
    kafka_ca_file: File = Field(
        None, description="PEM file of the authorities that may sign the brokers' certificates; none for the system's."
    )
    kafka_cert_file: File = Field(
        None, description="PEM file of this program's own certificate and those that lead to its authority."
    )
    kafka_key_file: File = Field(None, description="PEM file of that certificate's private key.")
    kafka_key_password: SecretStr = Field(SecretStr(""), description="Password of the private key, if it has one.")
    kafka_check_hostname: bool = Field(
        True, description="`false` accepts a certificate that was issued to another host: anyone's who has one."
    )

    @property
    def sasl(self) -> bool:
        """Whether a user logs in."""
        return self.kafka_security.startswith("sasl")

    @property
    def tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.kafka_security.endswith("ssl")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = {name for name in _LOGIN | _TLS if _is_given(getattr(self, name))}
        problem = misfit(self.kafka_security, given)
        if problem:
            raise ValueError(problem)
        return self


def _is_given(value: Any) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def misfit(security: Security, given: AbstractSet[str]) -> str:
    """What does not fit together in the settings that are given, or nothing.

    >>> misfit("ssl", {"kafka_username"})
    'kafka_username is not used with kafka_security=ssl; set that to sasl_ssl, or leave this out'
    >>> misfit("sasl_ssl", {"kafka_username", "kafka_password_file", "kafka_ca_file"})
    ''
    """
    sasl, tls = security.startswith("sasl"), security.endswith("ssl")
    for names, used, fitting in ((_LOGIN, sasl, "sasl_ssl"), (_TLS, tls, "sasl_ssl" if sasl else "ssl")):
        for name in sorted(names & given):
            if not used:
                return f"{name} is not used with kafka_security={security}; set that to {fitting}, or leave this out"
    if sasl and "kafka_username" not in given:
        return f"kafka_security={security} needs kafka_username"
    if sasl and len({"kafka_password", "kafka_password_file"} & given) != 1:
        return f"kafka_security={security} needs either kafka_password or kafka_password_file"
    for name, other in (
        ("kafka_cert_file", "kafka_key_file"),
        ("kafka_key_file", "kafka_cert_file"),
        ("kafka_key_password", "kafka_key_file"),
    ):
        if name in given and other not in given:
            return f"{name} needs {other} beside it"
    return ""


def unsecured() -> dict[str, Any]:
    """Settings for a broker of this program's own, whatever the environment says of another one.

    >>> unsecured()["kafka_security"]
    'plaintext'
    """
    defaults = {name: field.get_default() for name, field in KafkaSettings.model_fields.items()}
    return {name: "" if value is None else value for name, value in defaults.items() if name.startswith("kafka_")}
