"""Every setting, once: its name, default, unit and meaning."""

import os
import re
import tomllib
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from stream.errors import SettingsError
from stream.http_settings import HttpSettings
from stream.kafka_settings import File, KafkaSettings
from stream.kpi import KPIS, Accumulator
from stream.privacy_settings import PrivacySettings
from stream.targets import TARGETS, read_targets
from stream.windows import Window
from stream.written import Duration, read_items, read_kpis, read_times, read_windows

Dimension = Literal["channel", "touchpoint", "segment", "team", "survey"]

DIMENSIONS: tuple[Dimension, ...] = ("channel", "touchpoint", "segment", "team", "survey")

#: Single people, who serve customers: a scope that nothing is crossed with, and that needs a key for pseudonyms.
AGENT: Literal["agent"] = "agent"
Scope = Literal[Dimension, "agent"]


def _sentence(problem: Any) -> str:
    """A problem with a setting, for people; without a value that is secret, or may be so under a misspelt name."""
    name = ".".join(map(str, problem["loc"])) or "settings"
    said = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"{name}: there is no such setting"
    secret = name in Settings.model_fields and Settings.model_fields[name].annotation is SecretStr
    told = secret or "; got" in said or not problem["loc"]
    return f"{name}: {said}" if told else f"{name}: {said}; got {problem['input']!r}"


class Settings(PrivacySettings, HttpSettings, KafkaSettings):
    """Settings from the environment (`FEEDBACK_` and the name in capitals) or from the TOML file `FEEDBACK_CONFIG`.

    The environment wins over the file. Durations are written like `30s`, `15m`, `24h`, `7d`.

    >>> Settings(windows="1h/1m").windows
    [Window(name='1h', size=3600, advance=60)]
    """

    # An input that a traceback shows could be the secret.
    model_config = SettingsConfigDict(env_prefix="FEEDBACK_", extra="forbid", frozen=True, hide_input_in_errors=True)

    app_id: str = Field("feedback", description="Consumer group, and prefix of the changelog topics.")
    data_dir: Path = Field(
        Path(".feedback-stream"), description="Directory of the index of answers already counted; it can be rebuilt."
    )
    http: str = Field("127.0.0.1:8420", description="Where board, metrics and API listen, host:port.")
    partitions: int = Field(4, ge=1, description="Partitions of topics that this program creates.")
    replication: int = Field(1, ge=1, description="Replicas of topics that this program creates; 3 in production.")

    windows: Annotated[list[Window], NoDecode, BeforeValidator(read_windows)] = Field(
        [Window.parse(text) for text in ("5m/10s", "1h/1m", "24h/15m", "7d/1h", "30d/6h")],
        description="Rolling windows as size/advance.",
    )
    kpis: Annotated[list[str], NoDecode, BeforeValidator(read_kpis)] = Field(
        list(KPIS), description="KPIs that are kept; events of others are validated, and not counted."
    )
    scopes: Annotated[list[Scope], NoDecode, BeforeValidator(read_items)] = Field(
        list(DIMENSIONS),
        description="Dimensions whose members get scores of their own, besides `all`; `agent` for single people, "
        "which needs a privacy key (docs/privacy.md).",
    )
    cross: Annotated[list[Dimension], NoDecode, BeforeValidator(read_items)] = Field(
        ["channel", "touchpoint", "segment"],
        description="Dimensions that are crossed for slices in PromQL; empty for none.",
    )
    cross_from: Duration = Field(86_400, description="Crosses are kept for windows of at least this size.")
    max_members: int = Field(
        1_000, ge=1, description="Members of a scope on a partition at a time; the next ones count as `other`."
    )
    max_crosses: int = Field(10_000, ge=1, description="Combinations in the cross on a partition, likewise.")
    grace: Duration = Field(
        3_600, description="How long a pane is kept after its last window has ended; older events are late."
    )
    max_ahead: Duration = Field(300, description="Events whose time is further ahead of the clock are rejected.")
    max_record_bytes: int = Field(262_144, ge=1_024, description="Larger records are rejected.")
    min_sample: int = Field(5, ge=1, description="Scores on fewer answers are withheld.")
    agent_min_sample: int = Field(
        30, ge=10, description="The same in the scope `agent`, if it is more than `min_sample`."
    )
    edit_horizon: Duration = Field(14 * 86_400, description="How long an answer can be corrected or deleted.")
    fcr_window: Duration = Field(
        7 * 86_400, description="A first contact is resolved if no other one on the issue follows it within this time."
    )
    response_targets: Annotated[dict[str, int], NoDecode, BeforeValidator(read_times)] = Field(
        {"phone": 60, "voice": 60, "*": 3_600},
        description="Within which time a contact of a channel is to be answered, as `phone: 60s, *: 1h`.",
    )
    case_target: Duration = Field(48 * 3600, description="Within which time a case is to be closed.")
    open_cases: bool = Field(
        False, description="Whether a case is opened, in `feedback.cases`, for each answer of a detractor."
    )
    clv_lifetime: Literal["churn"] | Annotated[float, Field(gt=0)] = Field(
        24.0, description="How many months a customer stays; `churn` takes it from churn in the same window."
    )
    clv_margin: float = Field(
        1.0, gt=0, le=1, description="The part of revenue that is margin, for the discounted CLV."
    )
    clv_discount: float = Field(
        0.1, ge=0, description="What money is worth less a year from now, for the discounted CLV."
    )
    csat_thresholds: Annotated[dict[tuple[int, int], int], NoDecode] = Field(
        {}, description="Lowest satisfied answer of further CSAT scales, as `0-100:80, 1-9:7`."
    )
    targets: Annotated[dict[str, float], NoDecode, BeforeValidator(read_targets)] = Field(
        TARGETS,
        description="What scores should reach, as `nps:30, csat:0.8`; of churn and retention, in 30 days. "
        "Scores that are not named have no target.",
    )

    gateway_http: str = Field("127.0.0.1:8421", description="Where the gateway listens, host:port.")
    gateway_url: str = Field("", description="The gateway's public address, which some senders sign; none: as asked.")
    gateway_sources: File = Field(None, description="YAML file that says more of sources; see docs/gateway.md.")
    gateway_secrets: File = Field(
        None, description="Directory with a file for each source, named like it, with its secrets, one a line."
    )
    gateway_open: Annotated[list[str], NoDecode, BeforeValidator(read_items)] = Field(
        [], description="Sources that need no secret; on loopback only."
    )
    gateway_proxies: Annotated[list[IPv4Network | IPv6Network], NoDecode, BeforeValidator(read_items)] = Field(
        [], description="Networks of proxies whose X-Forwarded-For is believed."
    )
    gateway_rate: float = Field(500.0, gt=0, description="Deliveries of a source a second, on average.")
    gateway_max_bytes: int = Field(
        1_000_000, ge=1_024, le=4_000_000, description="Larger deliveries are refused; below the topics' message size."
    )
    gateway_pending_bytes: int = Field(
        64_000_000, ge=4_000_000, description="Deliveries in memory; beyond it senders are asked to come again."
    )

    fetch_http: str = Field("127.0.0.1:8422", description="Where the metrics and health of `fetch` listen, host:port.")
    fetch_secrets: File = Field(
        None, description="Directory with a file for each source whose answers are fetched, with the token for its API."
    )
    fetch_again: Duration = Field(
        300, description="After so long what could not be fetched is asked for again, then after twice that, and so on."
    )
    fetch_patience: Duration = Field(3 * 86_400, description="What cannot be fetched for so long is a dead letter.")

    flush_interval: float = Field(0.3, gt=0, description="Seconds between acknowledgements of state, at most.")
    flush_events: int = Field(50_000, ge=1, description="Events of a partition between acknowledgements, at most.")
    changelog_batch_bytes: int = Field(
        900_000, ge=16_384, description="Size of a changelog batch; below the broker's message.max.bytes."
    )
    publish_interval: float = Field(
        5.0, ge=0, description="Seconds between publications of changed scores to `feedback.scores`; 0 for none."
    )
    drop_shift: float = Field(
        20.0,
        gt=0,
        le=100,
        description="A change that an alert is worth, in points of NPS; see docs/drops.md for the rest.",
    )
    drop_false_alarms: int = Field(
        130_000, ge=1_000, description="Answers of a member between two false alarms, on average."
    )
    drop_quiet: Duration = Field(
        30 * 86_400, description="Time between two false alarms of a member that has so many answers in less, likewise."
    )
    drop_min_sample: int = Field(300, ge=50, description="Members with fewer answers to compare with are not watched.")
    drop_accept: Duration = Field(7 * 86_400, description="A drop that lasts for so long has become what is usual.")
    drop_interval: float = Field(5.0, ge=0, description="Seconds between two looks for drops; 0 for none.")
    session_timeout: Duration = Field(45, description="A worker silent for so long loses its partitions.")
    stall_timeout: Duration = Field(
        180, ge=10, description="Work that waits and does not move for so long ends the process, to be started again."
    )
    taxonomy: str = Field(
        "",
        description="File with the themes that comments are looked through for (docs/text.md); empty: the usual ones.",
    )
    accept_gaps: bool = Field(
        False, description="Go on where a source topic has lost records before they were counted, instead of refusing."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")

    @property
    def groups(self) -> list[Dimension]:
        """The scopes whose members are no single people: only these are watched, and only these explain a drop."""
        return [scope for scope in self.scopes if scope != AGENT]

    def least(self, scope: str) -> int:
        """How many answers a score of a scope needs to be shown."""
        return max(self.min_sample, self.agent_min_sample) if scope == AGENT else self.min_sample

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings from file and environment; `overrides` win.

        Raises:
            SettingsError: naming each setting that cannot be used, its value, and why.
        """
        path = os.environ.get("FEEDBACK_CONFIG")
        try:
            if path:
                Path(path).open("rb").close()  # pydantic-settings passes over a file that is not there
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except ValidationError as error:
            raise SettingsError("\n".join(map(_sentence, error.errors(include_url=False)))) from None
        except (OSError, tomllib.TOMLDecodeError) as error:
            msg = f"the settings file {path} (FEEDBACK_CONFIG) cannot be read: {error}"
            raise SettingsError(msg) from None

    @property
    def kept(self) -> dict[str, type[Accumulator]]:
        """The KPIs that are kept, by name, in display order."""
        return {name: KPIS[name] for name in self.kpis}

    def response_target(self, channel: str) -> int:
        """Within how many seconds a contact by a channel is to be answered; without a target any time will do."""
        targets = self.response_targets
        return targets.get(channel, targets.get("*", 2**40))

    @field_validator("csat_thresholds", mode="before")
    @classmethod
    def _read_thresholds(cls, value: Any) -> Any:
        if isinstance(value, dict):  # a table of the TOML file
            value = ",".join(f"{scale}:{lowest}" for scale, lowest in value.items())
        thresholds = {}
        for item in read_items(value):
            match = re.fullmatch(r"(-?\d+)-(-?\d+):(-?\d+)", item)
            if match is None:
                msg = f"a threshold is written low-high:lowest, such as `0-100:80`; got {item!r}"
                raise ValueError(msg)
            low, high, lowest = map(int, match.groups())
            thresholds[low, high] = lowest
        return thresholds

    @model_validator(mode="after")
    def _agents_are_pseudonyms(self) -> Self:
        if AGENT in self.scopes and not self.has_privacy_key:
            msg = (
                "the scope agent shows single people, by pseudonyms: set privacy_key or privacy_key_file as well, "
                "or leave agent out of scopes"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [window.name for window in self.windows]
        if len({window.size for window in self.windows}) < len(names) or not names:
            msg = f"windows must have different sizes; got {', '.join(names) or 'none'}"
            raise ValueError(msg)
        for name, dimensions in (("scopes", self.scopes), ("cross", self.cross)):
            if len(set(dimensions)) < len(dimensions):
                msg = f"{name} must be different dimensions; got {', '.join(dimensions)}"
                raise ValueError(msg)
        if len(self.cross) == 1:
            msg = f"cross must name two dimensions or more, or none; got {self.cross[0]}, which is a scope"
            raise ValueError(msg)
        for (low, high), lowest in self.csat_thresholds.items():
            if low >= high or 25_200 % (high - low) or not low < lowest <= high:
                msg = (
                    "a CSAT scale needs a number of steps that divides 25200, and a threshold on it; "
                    f"got {low}-{high}:{lowest}"
                )
                raise ValueError(msg)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then secret files, then the TOML file."""
        path = os.environ.get("FEEDBACK_CONFIG")
        file = (TomlConfigSettingsSource(settings_cls, Path(path)),) if path else ()
        return (init_settings, env_settings, file_secret_settings, *file)
