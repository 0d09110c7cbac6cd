"""Where each setting comes from, for `muctieu settings`."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from flows.notify import place
from flows.settings import SETTINGS_FILE, Settings
from flows.storage import holds_password

PREFIX = "MUCTIEU_"
OTHER_VARIABLES = ("MUCTIEU_DEBUG",)
WITHIN = "__"
"""MUCTIEU_INBOX_OPTIONS__KEY is the entry key of the setting inbox_options."""
_TABLES = ("inbox_options", "publish_options")
"""Made of what environment and file say together."""
_SECRET = (*_TABLES, "inbox", "publish_to", "webhook_url")
"""Whose wrong values are not shown."""
_HIDDEN = "***"
_SHOWN_OPTIONS = ("endpoint_url", "region_name", "project", "anon")
"""Of a file system's options; all others may be secrets."""


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


def read_settings(flags: Mapping[str, Any]) -> Settings:
    """The settings of a run with these flags here and now. Raises SettingsWrong."""
    in_file = _in_file()
    try:
        return Settings(**flags)
    except ValidationError as trouble:
        lines = [_said(error, flags, in_file) for error in trouble.errors()]
        raise SettingsWrong("\n".join(lines)) from trouble
    except SettingsError as trouble:
        raise SettingsWrong(f"{trouble}: a list or table in a variable is written as JSON") from trouble


def explained(flags: Mapping[str, Any]) -> Explanation:
    """Every setting as a run with these flags here and now would have it. Raises SettingsWrong."""
    settings = read_settings(flags)
    in_file = _in_file()
    rows = tuple(
        Explained(name, _shown(getattr(settings, name)), _source(name, flags, in_file), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return Explanation(rows, _unknown_variables())


def _source(name: str, flags: Mapping[str, Any], in_file: Mapping[str, Any]) -> str:
    if name in flags:
        return "flag"
    variables = [known for known in os.environ if _setting_of(known) == name]
    found = [f"environment {', '.join(sorted(variables))}"] if variables else []
    if name in in_file and (not variables or name in _TABLES):
        found.append(str(SETTINGS_FILE))
    return ", ".join(found) or "default"


def _setting_of(variable: str) -> str | None:
    """Name of the setting that a variable of the environment is for."""
    name = variable.upper()
    return name.removeprefix(PREFIX).partition(WITHIN)[0].lower() if name.startswith(PREFIX) else None


def _said(error: Any, flags: Mapping[str, Any], in_file: Mapping[str, Any]) -> str:
    name = str(error["loc"][0]) if error["loc"] else "?"
    where = _source(name, flags, in_file)
    if error["type"] == "extra_forbidden":
        return f"there is no setting {name} ({where}){_meant(name)}"
    said = f"{name} ({where}): {error['msg']}"
    return said if name in _SECRET else f"{said}, not {error['input']!r}"


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, 1)
    return f"; was {near[0]} meant?" if near else "; `muctieu settings` lists them"


def _unknown_variables() -> tuple[str, ...]:
    """Environment variables with our prefix that set nothing: most likely a slip."""
    odd = sorted(
        name
        for name in os.environ
        if (setting := _setting_of(name)) and setting not in Settings.model_fields and name not in OTHER_VARIABLES
    )
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
    if isinstance(value, dict):
        return ", ".join(f"{name}={_option(name, given)}" for name, given in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _option(name: str, given: Any) -> str:
    if isinstance(given, dict):
        return "{" + _shown(given) + "}"
    return str(given) if name in _SHOWN_OPTIONS and not holds_password(str(given)) else _HIDDEN
