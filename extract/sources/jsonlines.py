"""JSON Lines (.jsonl, .ndjson): one document a line; also .json with one object or a list of them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from extract.decode import read_bytes
from extract.limits import Limits
from extract.sources.document import Unreadable, harmless_name

_TEXT_FIELDS = ("text", "content")
_NAME_FIELDS = ("id", "name")


@dataclass(frozen=True, slots=True)
class Record:
    """One document of a JSON Lines file; `problem` says why it has no text."""

    name: str
    data: bytes
    text: str = ""
    title: str | None = None
    date: datetime.date | None = None
    problem: Unreadable | None = None


def read_json_lines(data: bytes, limits: Limits) -> Iterator[Record]:
    """Records in order. Raises Unreadable and Undecodable for the file as a whole."""
    text, _, _ = read_bytes(data)
    seen: dict[str, int] = {}
    number = 0
    for line in text.split("\n"):
        number += 1
        if not line.strip():
            continue
        if number > 100 * limits.members:
            raise Unreadable(f"more than {100 * limits.members} lines (limit members)", "too_large")
        yield _record(line, number, limits, seen)


def read_json(data: bytes, limits: Limits) -> Iterator[Record]:
    """Records of a .json file: an object, or a list of objects; JSON Lines under that name are read as such."""
    text, _, _ = read_bytes(data)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield from read_json_lines(data, limits)
        return
    seen: dict[str, int] = {}
    for number, item in enumerate(value if isinstance(value, list) else [value], start=1):
        if number > 100 * limits.members:
            raise Unreadable(f"more than {100 * limits.members} objects (limit members)", "too_large")
        yield _record(json.dumps(item, ensure_ascii=False), number, limits, seen)


def _record(line: str, number: int, limits: Limits, seen: dict[str, int]) -> Record:
    data = line.strip().encode("utf-8", "surrogatepass")
    fallback = str(number)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = f"line {number} is no JSON ({type(error).__name__}); write one object a line"
        return Record(_unique(fallback, seen), data, problem=Unreadable(reason))
    if not isinstance(value, dict):
        return Record(_unique(fallback, seen), data, problem=Unreadable(f"line {number} is no JSON object"))
    name = _unique(harmless_name(_first_text(value, _NAME_FIELDS) or fallback), seen)
    text = next((value[key] for key in _TEXT_FIELDS if isinstance(value.get(key), str)), None)
    if text is None:
        return Record(name, data, problem=Unreadable(f"line {number} has no field text or content"))
    if len(text) > limits.characters:
        problem = Unreadable(f"{len(text)} characters, {limits.characters} are allowed (limit characters)", "too_large")
        return Record(name, data, problem=problem)
    title = value.get("title") if isinstance(value.get("title"), str) and value["title"].strip() else None
    if title and " ".join(title.split()) not in " ".join(text[:2000].split()):
        text = f"{' '.join(title.split())}\n\n{text}"
    return Record(name, data, text, title, _date(value.get("date")))


def _first_text(value: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        found = value.get(name)
        if isinstance(found, (str, int)) and not isinstance(found, bool) and str(found).strip():
            return str(found).strip()[:300]
    return ""


def _unique(name: str, seen: dict[str, int]) -> str:
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name}#{seen[name]}"


def _date(value: Any) -> datetime.date | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.date.fromisoformat(value[:10])
    except ValueError:
        return None
