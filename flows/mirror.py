"""A remote inbox as a local folder: every object is copied where its stamp changed, so that all that follows reads
local files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from extract.limits import Limits
from extract.sources import SourceStatus
from flows.inbox_file import ATTEMPTS, FileProblem, InboxFile, InboxMissing, is_left_out, readable_name, without_twins
from flows.storage import StorageTrouble, open_storage
from warehouse.durable import replace_file


def mirrored(address: str, mirror: Path, options: Mapping[str, Any], limits: Limits) -> list[InboxFile]:
    """Objects below `address`, each as a local file named after the hash of its key; those that left are removed.
    Raises InboxMissing."""
    try:
        system, root = open_storage(address, options)
        system.invalidate_cache()
        listing: dict[str, dict[str, Any]] = system.find(root, detail=True)
        if not listing and not system.exists(root):
            raise InboxMissing(f"there is nothing at {address}; check the name and the rights")
    except InboxMissing:
        raise
    except StorageTrouble as error:
        raise InboxMissing(f"the inbox: {error}") from error
    except Exception as error:  # every file system has errors of its own
        raise InboxMissing(f"the inbox {address} cannot be listed ({type(error).__name__}: {error})") from error
    mirror.mkdir(parents=True, exist_ok=True)
    stamps_file = mirror / "stamps.json"
    stamps = _read_stamps(stamps_file)
    kept: dict[str, str] = {}
    files: list[InboxFile] = []
    for key, details in sorted(listing.items()):
        name = key.removeprefix(root).lstrip("/")
        parts = name.split("/")
        if details.get("type") == "directory" or not parts[-1] or any(map(is_left_out, parts)):
            continue
        place = mirror / hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        shown = readable_name(name.encode("utf-8", "surrogatepass"))
        problem: str | None = None
        status: SourceStatus = "unreadable"
        try:
            stamp = _stamp(details)
            if stamps.get(place.name) != stamp or not place.exists():
                stamp = _fetch(system, key, details, place, limits)
            kept[place.name] = stamp
        except FileNotFoundError:
            continue  # it left the inbox between listing and reading
        except FileProblem as error:
            problem, status = error.reason, error.status
        except Exception as error:  # one object that cannot be fetched must not stop the others
            problem = f"cannot be fetched ({type(error).__name__}: {str(error)[:200]}); the next run tries again"
        path, inside = ("", "") if problem else (str(place.resolve()), str(mirror.resolve()))
        files.append(InboxFile(path, shown, problem, inside, status))
    for leftover in mirror.iterdir():
        if leftover.name not in kept and leftover != stamps_file:
            leftover.unlink(missing_ok=True)
    replace_file(stamps_file, json.dumps(kept, indent=0, sort_keys=True).encode(), durable=False)
    return without_twins(sorted(files, key=lambda file: file.source_file))


def _stamp(details: Mapping[str, Any]) -> str:
    """Changes whenever the object does: size with ETag, checksum or generation; where there is none, with its time.
    A listing and a look at one object word times differently, so they count as seconds."""
    strong = [f"{name}={details[name]}" for name in ("ETag", "etag", "md5Hash", "generation") if details.get(name)]
    times = [details[name] for name in ("LastModified", "mtime", "modified", "updated", "created") if details.get(name)]
    weak = [str(time_.timestamp() if hasattr(time_, "timestamp") else time_) for time_ in times[:1]]
    return "|".join([str(details.get("size")), *(strong or weak)])


def _fetch(system: Any, key: str, details: Mapping[str, Any], place: Path, limits: Limits) -> str:
    """Copy an object whole; again when it changed meanwhile. Gives the stamp of what was copied."""
    for _ in range(ATTEMPTS):
        size = int(details.get("size") or 0)
        if size > limits.bytes:
            raise FileProblem(f"{size} bytes, {limits.bytes} are allowed (limit bytes)", "too_large")
        with system.open(key, "rb") as handle:
            data = handle.read(limits.bytes + 1)
        system.invalidate_cache()
        after = system.info(key)
        if _stamp(after) == _stamp(details) and len(data) == size:
            replace_file(place, data, durable=False)
            return _stamp(details)
        details = after
    raise FileProblem("the object changes while it is read; it is read in the next run after it is finished", "failed")


def _read_stamps(path: Path) -> dict[str, str]:
    try:
        stamps = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}
