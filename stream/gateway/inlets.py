"""Which sources are on: those in the catalogue or the operator's file for which there is a secret."""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from stream.errors import SettingsError
from stream.gateway.limits import Bucket
from stream.settings import Settings
from stream.sources import CATALOGUE, Source
from stream.sources.schemes import Open, Request, Scheme, Verdict

Network = IPv4Network | IPv6Network

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
#: Variables of the environment, with a star in the place of the source.
_VARIABLE, _TOKEN = "FEEDBACK_GATEWAY_*_SECRETS", "FEEDBACK_FETCH_*_TOKEN"


@dataclass(frozen=True)
class Inlet:
    """A source that is on, with what its senders must prove."""

    source: Source
    scheme: Scheme
    secrets: tuple[str, ...]
    bucket: Bucket

    def check(self, request: Request, now: float) -> Verdict:
        """Whether the sender is who it should be."""
        return self.scheme.check(request, self.secrets, now)

    def lets_in(self, address: str) -> bool:
        """Whether deliveries may come from an address."""
        allowed = self.source.options.allow
        return not allowed or is_in(address, allowed)


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address belongs to one of the networks; IPv4 in the clothes of IPv6 is IPv4.

    >>> from ipaddress import ip_network
    >>> is_in("::ffff:10.1.2.3", [ip_network("10.0.0.0/8")]), is_in("here", [ip_network("10.0.0.0/8")])
    (True, False)
    """
    try:
        ip: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in network for network in networks)


def sources(settings: Settings) -> dict[str, Source]:
    """Every source that could be on: the catalogue, and what the operator's file says of them, and of others.

    Raises:
        SettingsError: if the file cannot be used.
    """
    said = _read(settings.gateway_sources)
    usual = {name: kind() for name, kind in CATALOGUE.items() if name not in said and not kind.needs_options}
    return usual | {name: made(name, options) for name, options in said.items()}


def inlets(settings: Settings, environment: Mapping[str, str] = os.environ) -> dict[str, Inlet]:
    """The sources that are on, by their names.

    Raises:
        SettingsError: if the file, a secret or the list of open sources cannot be used.
    """
    known = sources(settings)
    secrets = dict(_secrets("gateway_secrets", settings.gateway_secrets, _VARIABLE, environment))
    for name in (*secrets, *settings.gateway_open):
        known_source(known, name)
    if settings.gateway_open and not _on_loopback(settings.gateway_http):
        msg = f"gateway_open is for loopback only; the gateway listens at {settings.gateway_http}"
        raise SettingsError(msg)
    found = {name: _inlet(source, secrets.get(name, ()), settings) for name, source in known.items()}
    return {name: inlet for name, inlet in found.items() if inlet is not None}


def _inlet(source: Source, secrets: tuple[str, ...], settings: Settings) -> Inlet | None:
    scheme: Scheme = source.options.auth or source.auth
    if source.name in settings.gateway_open:
        scheme = Open()
    elif isinstance(scheme, Open) and not source.options.allow:
        msg = f"{source.name}: the scheme open needs a list of networks (allow), or loopback (setting gateway_open)"
        raise SettingsError(msg)
    elif not isinstance(scheme, Open) and not secrets:
        return None
    bucket = Bucket(source.options.rate or settings.gateway_rate, time.monotonic())
    return Inlet(source, scheme, secrets, bucket)


def _on_loopback(http: str) -> bool:
    host = http.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _read(path: Path | None) -> dict[str, dict[str, Any]]:
    """What the operator's file says, by source."""
    if path is None:
        return {}
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        msg = f"gateway_sources: {path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SettingsError(msg) from None
    said = {} if said is None else said
    if not isinstance(said, dict) or not all(isinstance(options or {}, dict) for options in said.values()):
        msg = f"gateway_sources: {path} must hold a mapping of names of sources to what is said of them"
        raise SettingsError(msg)
    return {str(name): options or {} for name, options in said.items()}


def made(name: str, said: dict[str, Any], where: str = "gateway_sources") -> Source:
    """A source by what is said of it, in a file or setting that errors name.

    Raises:
        SettingsError: if it cannot be used.
    """
    kind = CATALOGUE.get(str(said.get("source") or name))
    if kind is None or not _NAME.fullmatch(name):
        msg = f"{where}: {name}: source must be one of {', '.join(sorted(CATALOGUE))}, and the name in a-z, 0-9"
        raise SettingsError(msg)
    try:
        return kind(kind.takes.model_validate(said), name)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, (name, *problem["loc"])))
        said_ = f"there is no such option; there are {', '.join(kind.takes.model_fields)}"
        told = said_ if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1 else problem["msg"]
        msg = f"{where}: {place}: {told.removeprefix('Value error, ')}"
        raise SettingsError(msg) from None


def known_source(known: Mapping[str, Source], name: str) -> Source:
    """The source of a name.

    Raises:
        SettingsError: if there is none, or something has to be said of it first.
    """
    if name in known:
        return known[name]
    if name in CATALOGUE:  # it needs options
        msg = f"{name} has to be said more of, in the file of sources (setting gateway_sources): docs/sources.md#{name}"
        raise SettingsError(msg)
    msg = f"there is no source {name}; there are {', '.join(sorted(known))} (setting gateway_sources)"
    raise SettingsError(msg)


def tokens(settings: Settings, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The tokens for the APIs of sources, by their names.

    Raises:
        SettingsError: if one cannot be used.
    """
    found = dict(_secrets("fetch_secrets", settings.fetch_secrets, _TOKEN, environment))
    several = [name for name, lines in found.items() if len(lines) > 1]
    if several:
        msg = f"fetch_secrets: {several[0]} holds {len(found[several[0]])} tokens; an API is asked with one"
        raise SettingsError(msg)
    return {name: lines[0] for name, lines in found.items()}


def _secrets(
    setting: str, directory: Path | None, variables: str, environment: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Secrets by source: of the directory, then of the environment, which wins."""
    try:
        paths = sorted(directory.iterdir()) if directory is not None else []
        for path in paths:
            if path.name[0] != "." and path.is_file():  # Kubernetes keeps its own things in hidden ones
                yield path.name, _lines(setting, path.name, path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{setting}: {directory} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}"
        raise SettingsError(msg) from None
    before, _, after = variables.partition("*")
    for variable, value in environment.items():
        found = re.fullmatch(f"{before}([A-Z][A-Z0-9_]*){after.removesuffix('S')}S?", variable)
        if found and value:
            if not variable.endswith(after):
                msg = f"{setting}: {variable} would not be read; it is called {before}{found[1]}{after}"
                raise SettingsError(msg)
            yield found[1].lower().replace("_", "-"), _lines(setting, variable, value.split())


def _lines(setting: str, where: str, lines: Iterable[str]) -> tuple[str, ...]:
    secrets = tuple(line.strip() for line in lines if line.strip())
    if not secrets:
        msg = f"{setting}: {where} holds no secret"
        raise SettingsError(msg)
    return secrets
