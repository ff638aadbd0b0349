"""Who may look: login by user and password or by a token, and TLS."""

import hmac
import ipaddress
import ssl
from base64 import b64encode
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from stream.errors import SettingsError
from stream.settings import Settings

#: Whether it lives, and whether it can serve, is for everybody: probes have no login.
_OPEN = frozenset({"/healthz", "/readyz"})


def credentials(settings: Settings) -> str:
    """What the header `Authorization` must say, or nothing where there is no login.

    Raises:
        SettingsError: if a file that the settings name cannot be used.

    >>> credentials(Settings(http_user="ann", http_password="open sesame"))
    'Basic YW5uOm9wZW4gc2VzYW1l'
    """
    if settings.http_login == "basic":
        password = _secret("http_password_file", settings.http_password_file, settings.http_password.get_secret_value())
        return "Basic " + b64encode(f"{settings.http_user}:{password}".encode()).decode()
    if settings.http_login == "bearer":
        return "Bearer " + _secret("http_token_file", settings.http_token_file, settings.http_token.get_secret_value())
    return ""


def _secret(setting: str, path: Path | None, value: str) -> str:
    if path is None:
        return value
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{setting}: {path} cannot be read: {error}"
        raise SettingsError(msg) from None
    if not secret:
        msg = f"{setting}: {path} is empty; it must hold the secret in one line"
        raise SettingsError(msg)
    return secret


def tls(settings: Settings) -> ssl.SSLContext | None:
    """What the pages are served with, or None for plain HTTP.

    Raises:
        SettingsError: if certificate or key cannot be used.
    """
    if settings.http_tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.http_tls_cert, settings.http_tls_key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        msg = (
            f"http_tls_cert {settings.http_tls_cert} and http_tls_key {settings.http_tls_key} cannot be used; "
            f"they must be PEM files of a certificate and its key, without a password: {error}"
        )
        raise SettingsError(msg) from None
    return context


def guard(settings: Settings, shell: str) -> Middleware:
    """Let nobody in without the login, if there is one.

    What is under `shell` and `/` shows nothing by itself: with a token it stays open, so that the page can ask for it.
    A browser asks for user and password by itself.
    """
    wanted = credentials(settings).encode()
    challenge = "Bearer" if settings.http_login == "bearer" else 'Basic realm="feedback-stream", charset="UTF-8"'

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = request.path in _OPEN or (
            settings.http_login == "bearer" and (request.path == "/" or request.path.startswith(shell))
        )
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if not wanted or shown or hmac.compare_digest(given, wanted):
            return await handler(request)
        return web.json_response(
            {"error": f"log in with {settings.http_login} authorization"},
            status=401,
            headers={"WWW-Authenticate": challenge},
        )

    return check


def is_exposed(settings: Settings, host: str) -> bool:
    """Whether others than this host can look, without a login.

    >>> is_exposed(Settings(), "127.0.0.1"), is_exposed(Settings(), "::1"), is_exposed(Settings(), "0.0.0.0")
    (False, False, True)
    """
    return not settings.http_login and not ipaddress.ip_address(host).is_loopback
