"""Configuration: environment variables ``SHIPRISK_*``, and ``MLFLOW_TRACKING_URI`` as MLflow knows it."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from limits import parse
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.policy import OutcomePolicy, read_policy


class Settings(BaseSettings):
    """Defaults need no server: everything local lives under ``home``."""

    model_config = SettingsConfigDict(env_prefix="SHIPRISK_", extra="ignore")

    home: Path = Field(default_factory=lambda: Path.home() / ".shiprisk", description="Everything local lives here")
    model: str = Field(default="order-risk", description="The registered model that scores")
    follow: float = Field(default=30, ge=0, le=86_400, description="Seconds between looks at the registry; 0 for none")
    shadow: bool = Field(default=False, description="Whether the version behind the alias challenger scores too")
    zone: str = Field(default="UTC", description="The plant's time zone, an IANA name")
    max_body_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, description="A larger request is refused")
    max_events: int = Field(default=10_000, ge=1, description="A request with more events is refused")
    database_url: str = Field(default="", description="Where events and scores are kept; a file under home if empty")
    tick: int = Field(default=3600, ge=0, le=86_400, description="Seconds between scores of open orders; 0 for none")
    keeper: Literal["process", "thread", "none"] = Field(
        default="process", description="What keeps scores fresh: a process of serve's, a thread of it, or another's"
    )
    now: str | None = Field(default=None, description="A moment at which the service's clock stands, for rehearsals")
    events: Path | None = Field(default=None, description="A file that load and track record come from")
    outcome: Path | None = Field(default=None, description="A TOML file: what counts as on time and in full")
    max_rows: int = Field(default=100_000, ge=1, description="An exported worklist has at most so many rows")
    max_orders: int = Field(default=500, ge=1, description="A request with more orders is refused")
    max_order_events: int = Field(default=20_000, ge=1, description="An order takes no more events than that")
    no_auth: bool = Field(default=False, description="Ask for no keys; loopback only")
    rate_limit: str = Field(default="12000/minute", description="Requests of one key, in each process")
    rate_limit_address: str = Field(default="120/minute", description="Requests of an address without a valid key")
    timeout: float = Field(default=30, gt=0, le=3600, description="Seconds to wait for each part of a body")
    body_rate: int = Field(default=4096, ge=1, description="Bytes a second that a body must arrive with at least")
    max_bodies_bytes: int = Field(
        default=64 * 1024 * 1024, ge=1024, description="Bytes of all bodies that a process has in hand; beyond, 503"
    )
    max_header_bytes: int = Field(default=32_768, ge=1024, description="Longer headers are refused")
    max_headers: int = Field(default=100, ge=10, description="A request with more headers is refused")
    header_timeout: float = Field(default=10, gt=0, le=3600, description="Seconds that headers have to arrive")
    max_connections: int = Field(default=500, ge=1, description="Connections to a process; beyond, idle ones end")
    grace: int = Field(default=20, ge=0, le=3600, description="Seconds that running requests have when it stops")
    cors_origins: str = Field(default="", description="Origins whose pages may call, by commas; none if empty")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged")

    @field_validator("rate_limit", "rate_limit_address")
    @classmethod
    def _is_rate(cls, rate: str) -> str:
        try:
            parse(rate)
        except ValueError as error:
            raise ValueError(f"a rate must be such as 12000/minute, got {rate!r}") from error
        return rate

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
