"""Configuration: environment variables ``SHIPRISK_*``, and ``MLFLOW_TRACKING_URI`` as MLflow knows it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from limits import parse_many
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.errors import InvalidRequest, with_nearest
from features.policy import OutcomePolicy, read_policy
from features.times import micros

PREFIX = "SHIPRISK_"
DAY = 86_400
READ_ELSEWHERE = ("SIGNALS", "NOTEBOOK_ORDERS", "SCMS", "REQUIRE", "TEST_POSTGRES")
"""Variables that are no settings of the service: signals from outside, and those of notebooks and tests."""
OF_A_CLUSTER = re.compile(r"(PORT|SERVICE_HOST|SERVICE_PORT)(_.*)?")
"""What Kubernetes sets where a service is called shiprisk."""
MOST_OF_A_RATE = 1_000_000_000
MUST: dict[str, str] = {
    "greater_than_equal": "be at least {ge:,.0f}",
    "greater_than": "be more than {gt:,.0f}",
    "less_than_equal": "be at most {le:,.0f}",
    "int_parsing": "be a whole number",
    "int_from_float": "be a whole number",
    "int_parsing_size": "be a smaller number",
    "float_parsing": "be a number",
    "bool_parsing": "be true or false",
    "literal_error": "be {expected}",
    "value_error": "{error}",
}
"""What must hold of a setting, by the kind of fault that is found."""


class Settings(BaseSettings):
    """Defaults need no server: everything local lives under ``home``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    home: Path = Field(default_factory=lambda: Path.home() / ".shiprisk", description="Everything local lives here")
    model: str = Field(default="order-risk", description="The registered model that scores")
    follow: float = Field(default=30, ge=0, le=86_400, description="Seconds between looks at the registry; 0 for none")
    shadow: bool = Field(default=False, description="Whether the version behind the alias challenger scores too")
    zone: str = Field(default="UTC", description="The plant's time zone, an IANA name")
    max_body_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, le=2**30, description="A larger request is refused")
    max_events: int = Field(default=10_000, ge=1, le=1_000_000, description="A request with more events is refused")
    database_url: str = Field(default="", description="Where events and scores are kept; a file under home if empty")
    tick: int = Field(default=3600, ge=0, le=86_400, description="Seconds between scores of open orders; 0 for none")
    keeper: Literal["process", "thread", "none"] = Field(
        default="process", description="What keeps scores fresh: a process of serve's, a thread of it, or another's"
    )
    now: str | None = Field(default=None, description="A moment at which the service's clock stands, for rehearsals")
    events: Path | None = Field(default=None, description="A file that load and track record come from")
    outcome: Path | None = Field(default=None, description="A TOML file: what counts as on time and in full")
    max_rows: int = Field(
        default=100_000, ge=1, le=1_048_575, description="An exported worklist has at most so many rows"
    )
    max_orders: int = Field(default=500, ge=1, le=100_000, description="A request with more orders is refused")
    max_order_events: int = Field(
        default=20_000, ge=1, le=10_000_000, description="An order takes no more events than that"
    )
    max_order_lines: int = Field(
        default=2_000, ge=1, le=1_000_000, description="An order takes no more lines than that: each score reads all"
    )
    no_auth: bool = Field(default=False, description="Ask for no keys; loopback only")
    rate_limit: str = Field(default="12000/minute", description="Requests of one key, in each process")
    rate_limit_address: str = Field(default="120/minute", description="Requests of an address without a valid key")
    timeout: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Seconds to wait for each part of a body, and for a caller who reads nothing of a reply",
    )
    body_rate: int = Field(
        default=4096, ge=1, le=2**30, description="Bytes a second that a body must arrive with at least"
    )
    max_bodies_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1024,
        le=2**40,
        description="Bytes of all bodies that a process has in hand; beyond, 503",
    )
    max_header_bytes: int = Field(default=32_768, ge=1024, le=2**20, description="Longer headers are refused")
    max_headers: int = Field(default=100, ge=10, le=10_000, description="A request with more headers is refused")
    header_timeout: float = Field(default=10, gt=0, le=3600, description="Seconds that headers have to arrive")
    max_connections: int = Field(
        default=500, ge=1, le=100_000, description="Connections to a process; beyond, idle ones end"
    )
    grace: int = Field(default=20, ge=0, le=3600, description="Seconds that running requests have when it stops")
    cors_origins: str = Field(default="", description="Origins whose pages may call, by commas; none if empty")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged")

    @field_validator("rate_limit", "rate_limit_address")
    @classmethod
    def _is_rate(cls, rate: str) -> str:
        try:
            [parsed] = parse_many(rate)
        except ValueError as error:
            raise ValueError("be a rate such as 12000/minute") from error
        if not 1 <= parsed.amount <= MOST_OF_A_RATE or parsed.get_expiry() > DAY or re.search(r"(/|per)\s*0", rate):
            raise ValueError(f"be 1 to {MOST_OF_A_RATE:,} requests a second, minute, hour or day")
        return rate

    @field_validator("now")
    @classmethod
    def _is_moment(cls, now: str | None) -> str | None:
        if now is not None:
            try:
                micros(now)
            except InvalidRequest as error:
                raise ValueError("be an ISO 8601 date or time such as 2026-01-01T06:00:00Z") from error
        return now

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("be an IANA time zone such as Europe/Berlin") from error
        return zone

    @cached_property
    def policy(self) -> OutcomePolicy:
        """What counts as on time and in full. Raises ``InvalidRequest`` for a file that says it wrongly."""
        return read_policy(self.outcome, self.zone)

    @property
    def tracking_uri(self) -> str:
        """Where MLflow keeps runs and models: ``MLFLOW_TRACKING_URI``, else a file under ``home``."""
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{self.home.resolve() / 'mlflow.db'}"

    @property
    def database(self) -> str:
        """The URL of the database: ``SHIPRISK_DATABASE_URL``, else a file under ``home``."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'shiprisk.db'}"

    @property
    def artifacts(self) -> Path:
        return self.home / "artifacts"

    @property
    def models(self) -> Path:
        """The local cache of models."""
        return self.home / "models"


def refuse_unknown(names: Iterable[str]) -> None:
    """Raise ``InvalidRequest`` for a variable of the environment that looks like a setting and is none."""
    known = [PREFIX + name for name in (*map(str.upper, Settings.model_fields), *READ_ELSEWHERE)]
    sought = [name for name in sorted(names) if name.startswith(PREFIX) and name not in known]
    unknown = [name for name in sought if not OF_A_CLUSTER.fullmatch(name.removeprefix(PREFIX))]
    if unknown:
        got = ", ".join(with_nearest(name, known) for name in unknown)
        raise InvalidRequest(f"a variable that begins with {PREFIX} must be one that is read, got {got}")


def say_faults(error: ValidationError) -> str:
    """What must hold of settings that do not, and what was got, in one sentence."""
    said = []
    for fault in error.errors():
        variable = PREFIX + "_".join(map(str, fault["loc"])).upper()
        must = MUST.get(fault["type"], "{msg}").format(**fault.get("ctx", {}), msg=fault["msg"])
        said.append(f"{variable} must {must}, got {str(fault['input'])!r}")
    return "; ".join(said)
