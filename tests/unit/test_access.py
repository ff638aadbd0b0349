"""Who may look at the pages: login, TLS, and what is said where there is neither."""

import logging
import ssl
from base64 import b64encode
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme

from stream.errors import SettingsError
from stream.settings import Settings
from tests.board.stage import Stage

_SESAME = "open sésame"
_BASIC = "Basic " + b64encode(f"ann:{_SESAME}".encode()).decode()
_GUARDED = ["/metrics", "/api/scores", "/api/alerts", "/api/catalogue", "/api/trend", "/api/moves", "/api/status"]
_SHELL = ["/", "/board/app.js"]


async def status(stage: Stage, path: str, login: str = "") -> int:
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": login} if login else {}
        async with session.get(stage.url + path, headers=headers) as answer:
            return answer.status


@pytest.mark.parametrize("path", _GUARDED + _SHELL)
async def test_with_a_user_nothing_is_shown_without_the_password(path: str, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(_SESAME + "\n", encoding="utf-8")
    async with Stage(http_user="ann", http_password_file=file) as stage:
        assert await status(stage, path) == 401
        assert await status(stage, path, "Basic " + b64encode(b"ann:wrong").decode()) == 401
        assert await status(stage, path, f"Bearer {_SESAME}") == 401
        assert await status(stage, path, _BASIC) == 200


async def test_with_a_token_only_the_page_that_asks_for_it_is_shown() -> None:
    async with Stage(http_token=_SESAME) as stage:
        assert [await status(stage, path) for path in _SHELL] == [200, 200]
        assert {await status(stage, path) for path in _GUARDED} == {401}
        assert {await status(stage, path, "Bearer wrong") for path in _GUARDED} == {401}
        assert {await status(stage, path, f"Bearer {_SESAME}") for path in _GUARDED} == {200}


@pytest.mark.parametrize("login", [{"http_user": "ann", "http_password": _SESAME}, {"http_token": _SESAME}])
async def test_probes_need_no_login(login: Any) -> None:
    async with Stage(**login) as stage:
        assert [await status(stage, path) for path in ("/healthz", "/readyz")] == [200, 200]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"http_user": "ann"}, "http_user needs either http_password or http_password_file"),
        ({"http_password": _SESAME}, "http_password needs http_user beside it"),
        (
            {"http_user": "ann", "http_password": _SESAME, "http_token": _SESAME},
            "there is one login: either http_user,",
        ),
        ({"http_tls_cert": "cert.pem"}, "http_tls_cert is not enough: TLS needs both http_tls_cert and http_tls_key"),
    ],
)
def test_what_does_not_fit_together_is_said_without_the_secret(settings: Any, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.load(**settings)
    assert said in str(error.value)
    assert _SESAME not in str(error.value)


async def test_a_file_that_holds_nothing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(SettingsError, match=r"http_token_file: .*token cannot be read"):
        await Stage(http_token_file=file).__aenter__()
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"http_token_file: .*token is empty"):
        await Stage(http_token_file=file).__aenter__()


async def test_pages_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    pair = authority.issue_cert("127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(pair.cert_chain_pems[0].bytes())
    key.write_bytes(pair.private_key_pem.bytes())
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with Stage(http_tls_cert=cert, http_tls_key=key) as stage, aiohttp.ClientSession() as session:
        assert stage.url.startswith("https://")
        async with session.get(stage.url + "/api/scores", ssl=context) as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await session.get(stage.url.replace("https", "http") + "/api/scores")
    with pytest.raises(SettingsError, match=r"http_tls_cert .* and http_tls_key .* cannot be used"):
        await Stage(http_tls_cert=key, http_tls_key=key).__aenter__()


async def test_an_open_door_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with Stage(http="127.0.0.1:0"), Stage(http="0.0.0.0:0", http_token=_SESAME):
            assert "open to all" not in caplog.text
        async with Stage(http="0.0.0.0:0"):
            assert "open to all who reach 0.0.0.0:0: set http_user or http_token" in caplog.text
