"""Where each setting comes from, for `muctieu settings`."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError

from flows.notify import place
from flows.settings import SETTINGS_FILE, Settings

PREFIX = "MUCTIEU_"
OTHER_VARIABLES = ("MUCTIEU_DEBUG",)


class SettingsWrong(Exception):
    """A setting that is not understood: which, where it is set, what to do."""


@dataclass(frozen=True, slots=True)
class Explained:
    """`value` as it would be written; secrets only in part."""

    name: str
    value: str
    source: str
    description: str


@dataclass(frozen=True, slots=True)
class Explanation:
    settings: tuple[Explained, ...]
    warnings: tuple[str, ...]


def explained(flags: Mapping[str, Any]) -> Explanation:
    """Every setting as a run with these flags here and now would have it. Raises SettingsWrong."""
    in_file = _in_file()
    try:
        settings = Settings(**flags)
    except ValidationError as trouble:
        lines = [_said(error, flags, in_file) for error in trouble.errors()]
        raise SettingsWrong("\n".join(lines)) from trouble
    rows = tuple(
        Explained(name, _shown(getattr(settings, name)), _source(name, flags, in_file), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return Explanation(rows, _unknown_variables())


def _source(name: str, flags: Mapping[str, Any], in_file: Mapping[str, Any]) -> str:
    if name in flags:
        return "flag"
    variable = next((known for known in os.environ if known.upper() == f"{PREFIX}{name.upper()}"), None)
    if variable is not None:
        return f"environment {variable}"
    return str(SETTINGS_FILE) if name in in_file else "default"


def _said(error: Any, flags: Mapping[str, Any], in_file: Mapping[str, Any]) -> str:
    name = str(error["loc"][0]) if error["loc"] else "?"
    where = _source(name, flags, in_file)
    if error["type"] == "extra_forbidden":
        return f"there is no setting {name} ({where}){_meant(name)}"
    return f"{name} ({where}): {error['msg']}, not {error['input']!r}"


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, 1)
    return f"; was {near[0]} meant?" if near else "; `muctieu settings` lists them"


def _unknown_variables() -> tuple[str, ...]:
    """Environment variables with our prefix that set nothing: most likely a slip."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | set(OTHER_VARIABLES)
    odd = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    return tuple(f"{name} sets nothing{_meant(name[len(PREFIX) :].lower())}" for name in odd)


def _in_file() -> Mapping[str, Any]:
    try:
        return tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as trouble:
        raise SettingsWrong(f"{SETTINGS_FILE.absolute()} cannot be read: {trouble}") from trouble


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return f"{place(value.get_secret_value())}/..."
    return str(value).lower() if isinstance(value, bool) else str(value)
