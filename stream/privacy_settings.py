"""The settings of privacy: the key for pseudonyms, and what is redacted."""

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

#: Of the key for pseudonyms: shorter ones can be tried out.
MIN_KEY_BYTES = 16


class PrivacySettings(BaseSettings):
    """The part of the settings that says what stands for people, and what is shown of them."""

    privacy_key: SecretStr = Field(
        SecretStr(""), description="Secret of at least 16 bytes; pseudonyms are made of customers and agents with it."
    )
    privacy_key_file: str = Field("", description="File that holds that secret, instead.")
    privacy_region: str = Field(
        "FR", pattern="^[A-Z]{2}$", description="Country of phone numbers that are written without a country's code."
    )
    privacy_redact: bool = Field(
        False,
        description="Whether `send`, `import`, `gateway` and `fetch` redact comments on their way to the topics.",
    )

    @property
    def has_privacy_key(self) -> bool:
        """Whether there is a key for pseudonyms."""
        return bool(self.privacy_key.get_secret_value() or self.privacy_key_file)

    @field_validator("privacy_key")
    @classmethod
    def _is_long(cls, key: SecretStr) -> SecretStr:
        size = len(key.get_secret_value().encode())
        if 0 < size < MIN_KEY_BYTES:
            msg = f"a key needs at least {MIN_KEY_BYTES} bytes; got {size}"
            raise ValueError(msg)
        return key

    @model_validator(mode="after")
    def _is_one_key(self) -> Self:
        if self.privacy_key.get_secret_value() and self.privacy_key_file:
            msg = f"set either privacy_key or privacy_key_file, not both; got the file {self.privacy_key_file}"
            raise ValueError(msg)
        return self
