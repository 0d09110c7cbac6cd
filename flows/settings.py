"""All settings in one place. Precedence: command-line flag, environment (MUCTIEU_...), muctieu.toml, default."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from extract.limits import MIB, Limits
from flows.storage import holds_password

PROJECT = Path(__file__).resolve().parents[1]
SETTINGS_FILE = Path("muctieu.toml")


def available_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """What a run may be told. Every field can be set as MUCTIEU_<NAME> or as a line of muctieu.toml."""

    model_config = SettingsConfigDict(
        env_prefix="MUCTIEU_", env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    inbox: Path = Field(
        Path("samples"), description="folder with the documents to read, or an address: s3://bucket/folder"
    )
    web_pages: Path | None = Field(None, description="list of web addresses, one a line, fetched into inbox/web")
    web_feeds: tuple[str, ...] = Field((), description="RSS and Atom feeds whose entries are fetched into inbox/web")
    web_allow_private: bool = Field(False, description="whether addresses of private networks may be fetched")
    inbox_options: dict[str, Any] = Field(
        {}, repr=False, description="for an inbox at an address: key, secret, endpoint_url, what its file system takes"
    )
    warehouse: Path = Field(Path("warehouse/data"), description="folder of the published tables")
    publish_to: str | None = Field(
        None, description="address or folder that gets a copy of every published snapshot: s3://bucket/folder"
    )
    publish_options: dict[str, Any] = Field({}, repr=False, description="the same as inbox_options, for publish_to")
    batch_size: int = Field(200, ge=1, description="documents per task")
    workers: int = Field(default_factory=available_processors, ge=1, description="processes that read documents")
    runner: Literal["local", "dask"] = Field("local", description="where documents are read: this machine or Dask")
    dask_address: str | None = Field(
        None, description="scheduler of a Dask cluster, tcp://host:8786; without it one is started on this machine"
    )
    parts: str | None = Field(
        None, description="folder or s3:// address for the parts of a run; one that all machines of a cluster see"
    )
    max_document_bytes: int = Field(
        20_000_000, ge=1, description="larger documents are recorded as too_large, not read"
    )
    max_characters: int = Field(5_000_000, ge=1, description="the same for the text of a document")
    max_pages: int = Field(1_000, ge=1, description="the same for the pages of a PDF")
    max_members: int = Field(5_000, ge=1, description="the same for the files of an archive")
    max_nesting: int = Field(2, ge=1, description="archives within archives that are read: 1 is a ZIP of documents")
    max_ratio: int = Field(200, ge=1, description="unpacked by packed size of a file in an archive, from 1 MiB on")
    max_unpacked_bytes: int = Field(512 * MIB, ge=1, description="everything in one archive together")
    max_memory_bytes: int = Field(3_072 * MIB, ge=MIB, description="that reading one document may take in a worker")
    corrections: Path = Field(Path("corrections.yml"), description="what reviewers say about single statements")
    gate: Path | None = Field(
        None, description="file with thresholds of the gate; those it leaves out are as in warehouse/gate.yml"
    )
    accept_drift: bool = Field(False, description="publish once although more has changed than gate.yml allows")
    full: bool = Field(False, description="read every document again, also those that have not changed")
    seconds_per_document: float = Field(60.0, gt=0, description="a document that takes longer is given up")
    since: datetime.date | None = Field(
        None, description="read again what is dated since then, or changed since then where undated (muctieu backfill)"
    )
    keep_snapshots: int = Field(14, ge=1, description="how many old snapshots stay")
    small_run_documents: int = Field(
        40,
        ge=0,
        description="up to this many documents are read in the flow's own process: starting workers costs more",
    )

    log: Literal["auto", "json", "text", "off"] = Field(
        "auto", description="log on standard error; auto: json, but nothing on a terminal, which has a progress bar"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level of the log")
    log_file: Path | None = Field(None, description="the log as JSON lines in a file as well, rotated at 10 MB")
    webhook_url: SecretStr | None = Field(None, description="address that gets a message when a night goes wrong")
    notify: Literal["trouble", "always"] = Field("trouble", description="whether good nights are told as well")
    oldest_hours: float = Field(
        26.0, gt=0, description="muctieu status fails when the last good night is longer ago than that"
    )
    schedule: str = Field("0 1 * * *", description="when muctieu serve runs the night, as cron has it")
    timezone: str = Field("Asia/Ho_Chi_Minh", description="of the schedule")
    retries: int = Field(1, ge=0, description="how often muctieu serve tries a night again that went wrong")
    retry_delay_seconds: float = Field(900.0, ge=0, description="how long it waits before it does")

    @field_validator("inbox", "publish_to", mode="before")
    @classmethod
    def _no_password(cls, address: Any) -> Any:
        if holds_password(str(address)):
            raise ValueError("holds a password, and addresses are shown; put it into the options of the same name")
        return address

    def limits(self) -> Limits:
        """What one document may cost."""
        return Limits(
            bytes=self.max_document_bytes,
            characters=self.max_characters,
            pages=self.max_pages,
            members=self.max_members,
            nesting=self.max_nesting,
            ratio=self.max_ratio,
            unpacked_bytes=self.max_unpacked_bytes,
            seconds=self.seconds_per_document,
            memory_bytes=self.max_memory_bytes,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=SETTINGS_FILE))
