"""Pseudonyms: what stands for a customer or an agent wherever something is kept."""

from base64 import urlsafe_b64encode
from hashlib import blake2b
from pathlib import Path

from stream.errors import SettingsError
from stream.privacy_settings import MIN_KEY_BYTES
from stream.settings import Settings

#: 128 bits: by chance no two customers share them.
_BYTES = 16
#: Before the index keys of what belongs to a customer; UTF-8 text never has this byte, so no other key begins alike.
_OWNED = b"\xfe"


class Pseudonyms:
    """Keyed hashes (BLAKE2b, 128 bits) of people; without a key, which anybody can repeat, plain ones.

    >>> Pseudonyms(b"0123456789abcdef").of("c1")
    'xPArKCeB5NibXP0I0_b8Bg'
    >>> Pseudonyms(b"another key, also long").of("c1") == Pseudonyms(b"0123456789abcdef").of("c1")
    False
    """

    def __init__(self, key: bytes = b"") -> None:
        # BLAKE2b takes keys of 64 bytes at most, which is what its own hash of a longer one has.
        self._hash = blake2b(digest_size=_BYTES, key=blake2b(key).digest() if key else b"")

    @classmethod
    def from_settings(cls, settings: Settings) -> "Pseudonyms":
        """With the key of the settings, or of the file that they name.

        Raises:
            SettingsError: if the file cannot be read, or its key is too short.
        """
        if not settings.privacy_key_file:
            return cls(settings.privacy_key.get_secret_value().encode())
        try:
            key = Path(settings.privacy_key_file).read_bytes().strip()
        except OSError as error:
            msg = f"privacy_key_file: {settings.privacy_key_file} cannot be read: {error.strerror}"
            raise SettingsError(msg) from None
        if len(key) < MIN_KEY_BYTES:
            msg = f"privacy_key_file: a key needs at least {MIN_KEY_BYTES} bytes; {settings.privacy_key_file} has "
            raise SettingsError(msg + str(len(key)))
        return cls(key)

    def of(self, text: str) -> str:
        """The pseudonym of a customer: 22 characters that are safe in URLs and file names."""
        hashed = self._hash.copy()
        hashed.update(text.encode())
        return urlsafe_b64encode(hashed.digest())[:-2].decode()

    def of_agent(self, agent: str) -> str:
        """The pseudonym of an agent: another one than a customer of that name has, who may be the same person."""
        return self.of(f"agent\0{agent}")

    @property
    def fingerprint(self) -> bytes:
        """What tells this key from others, and nothing about it."""
        return self.of("\0fingerprint").encode()

    def key(self, customer: str, identity: str) -> bytes:
        """The index key of a thing of a customer's; its own name, which may hold the customer's, is hashed as well."""
        return self.prefix(customer) + self.of(identity).encode()

    def prefix(self, customer: str) -> bytes:
        """What the index keys of all that belongs to a customer, and no others, begin with."""
        return _OWNED + self.of(customer).encode()


#: Without a key.
PLAIN = Pseudonyms()
