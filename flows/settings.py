"""All settings in one place. Precedence: command-line flag, environment (MUCTIEU_...), muctieu.toml, default."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

PROJECT = Path(__file__).resolve().parents[1]
SETTINGS_FILE = Path("muctieu.toml")


def available_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """What a run may be told. Every field can be set as MUCTIEU_<NAME> or as a line of muctieu.toml."""

    model_config = SettingsConfigDict(env_prefix="MUCTIEU_", extra="forbid", frozen=True)

    inbox: Path = Field(Path("samples"), description="folder with the documents to read")
    warehouse: Path = Field(Path("warehouse/data"), description="folder of the published tables")
    batch_size: int = Field(200, ge=1, description="documents per task")
    workers: int = Field(default_factory=available_processors, ge=1, description="processes that read documents")
    max_document_bytes: int = Field(
        20_000_000, ge=1, description="larger documents are recorded as too_large, not read"
    )
    corrections: Path = Field(Path("corrections.yml"), description="what reviewers say about single statements")
    accept_drift: bool = Field(False, description="publish once although more has changed than gate.yml allows")
    full: bool = Field(False, description="read every document again, also those that have not changed")
    seconds_per_document: float = Field(60.0, gt=0, description="a document that takes longer is given up")
    keep_snapshots: int = Field(14, ge=1, description="how many old snapshots stay")
    small_run_documents: int = Field(
        40,
        ge=0,
        description="up to this many documents are read in the flow's own process: starting workers costs more",
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
