"""Pseudonyms, and the index keys made of them: alike for one key, apart for two, and nothing in clear."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import SettingsError
from stream.privacy import PLAIN, Pseudonyms
from stream.settings import Settings

KEY = b"0123456789abcdef"
CUSTOMERS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(CUSTOMERS)
def test_a_pseudonym_is_short_text_that_depends_on_the_key(customer: str) -> None:
    pseudonym = Pseudonyms(KEY).of(customer)
    assert re.fullmatch(r"[\w-]{22}", pseudonym, re.ASCII)
    assert pseudonym == Pseudonyms(KEY).of(customer)
    assert len({pseudonym, Pseudonyms(KEY + b".").of(customer), PLAIN.of(customer)}) == 3


@given(st.lists(st.tuples(CUSTOMERS, CUSTOMERS), unique=True, min_size=2, max_size=2))
def test_things_of_customers_have_keys_of_their_own(things: list[tuple[str, str]]) -> None:
    (one, identity), (other, another) = things
    pseudonyms = Pseudonyms(KEY)
    assert pseudonyms.key(one, identity) != pseudonyms.key(other, another)
    assert pseudonyms.key(one, identity).startswith(pseudonyms.prefix(one))
    assert pseudonyms.key(one, identity).startswith(pseudonyms.prefix(other)) == (one == other)


@given(CUSTOMERS, CUSTOMERS)
def test_no_other_identity_has_the_key_of_a_customers_thing(customer: str, identity: str) -> None:
    key = PLAIN.key(customer, identity)
    assert key[0] > "\U0010ffff".encode()[0]
    assert key < b"\xff"


def test_a_customer_whose_name_begins_like_anothers_is_another() -> None:
    assert not PLAIN.key("ab", "x").startswith(PLAIN.prefix("a"))
    assert not PLAIN.key("a\0b", "x").startswith(PLAIN.prefix("a"))


def test_the_fingerprint_tells_keys_apart() -> None:
    assert len({pseudonyms.fingerprint for pseudonyms in (Pseudonyms(KEY), Pseudonyms(KEY * 9), PLAIN)}) == 3


def test_the_key_comes_from_the_settings_or_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(KEY + b"\n")
    wanted = Pseudonyms(KEY).of("c1")
    assert Pseudonyms.from_settings(Settings(privacy_key=KEY.decode())).of("c1") == wanted
    assert Pseudonyms.from_settings(Settings(privacy_key_file=str(path))).of("c1") == wanted
    assert Pseudonyms.from_settings(Settings()).of("c1") == PLAIN.of("c1")


def test_a_file_without_a_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(SettingsError, match=f"privacy_key_file: {re.escape(str(path))} cannot be read"):
        Pseudonyms.from_settings(Settings(privacy_key_file=str(path)))
    path.write_bytes(b"too short\n")
    with pytest.raises(SettingsError, match=r"at least 16 bytes; .*key has 9"):
        Pseudonyms.from_settings(Settings(privacy_key_file=str(path)))


def test_a_key_that_cannot_be_used_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_PRIVACY_KEY", "hush")
    with pytest.raises(SettingsError, match="privacy_key: a key needs at least 16 bytes; got 4") as caught:
        Settings.load()
    assert "hush" not in str(caught.value)

    monkeypatch.setenv("FEEDBACK_PRIVACY_KEY", "hush " * 5)
    monkeypatch.setenv("FEEDBACK_PRIVACY_KEY_FILE", "key")
    with pytest.raises(SettingsError, match="set either privacy_key or privacy_key_file, not both") as caught:
        Settings.load()
    assert "hush" not in str(caught.value)
    monkeypatch.delenv("FEEDBACK_PRIVACY_KEY_FILE")
    assert "hush" not in repr(Settings.load())
