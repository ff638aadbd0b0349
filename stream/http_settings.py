"""The settings of the HTTP side: who may look, and over what."""

from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from stream.kafka_settings import File


class HttpSettings(BaseSettings):
    """The part of the settings that says who may look at the pages, and whether they are encrypted."""

    http_user: str = Field(
        "", description="User of the board, API and metrics; none for no login ([Security](security.md))."
    )
    http_password: SecretStr = Field(SecretStr(""), description="That user's password; or better a file:")
    http_password_file: File = Field(None, description="File whose only line is that password.")
    http_token: SecretStr = Field(SecretStr(""), description="Bearer token, instead of user and password; or a file:")
    http_token_file: File = Field(None, description="File whose only line is that token.")
    http_tls_cert: File = Field(
        None, description="PEM file of the pages' certificate and those that lead to its authority; none for no TLS."
    )
    http_tls_key: File = Field(None, description="PEM file of that certificate's private key.")

    @property
    def http_login(self) -> str:
        """How one logs in: `basic`, `bearer`, or not at all."""
        if self.http_user:
            return "basic"
        return "bearer" if self.http_token_file or self.http_token.get_secret_value() else ""

    @model_validator(mode="after")
    def _is_one_login(self) -> Self:
        problem = _misfit(
            {
                name
                for name in HttpSettings.model_fields
                if (value := getattr(self, name)) and (not isinstance(value, SecretStr) or value.get_secret_value())
            }
        )
        if problem:
            raise ValueError(problem)
        return self


def _misfit(given: set[str]) -> str:
    """What does not fit together in the settings that are given, or nothing.

    >>> _misfit({"http_user"})
    'http_user needs either http_password or http_password_file'
    >>> _misfit({"http_token", "http_tls_cert", "http_tls_key"})
    ''
    """
    passwords, tokens = given & {"http_password", "http_password_file"}, given & {"http_token", "http_token_file"}
    if "http_user" in given and len(passwords) != 1:
        return "http_user needs either http_password or http_password_file"
    if passwords and "http_user" not in given:
        return f"{min(passwords)} needs http_user beside it"
    if len(tokens) > 1 or (tokens and "http_user" in given):
        return "there is one login: either http_user, http_token or http_token_file"
    if len(tls := given & {"http_tls_cert", "http_tls_key"}) == 1:
        return f"{min(tls)} is not enough: TLS needs both http_tls_cert and http_tls_key"
    return ""
