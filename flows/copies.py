"""Copies of the published snapshot at another address (setting publish_to): s3://, gs://, a mounted folder.

    ADDRESS/snapshots/<id>/  every file of a snapshot, as it is in the warehouse; left alone once current.json names it
    ADDRESS/current.json     which snapshot is the current one; replaced last, in one step

An object store cannot replace many objects at once, but one. A reader takes current.json first and then the files
below its folder, and so sees one whole snapshot; the ones before stay for those who still read them. A copy that fails
never fails the night: what came of it stands in `.copy.json` of the warehouse for `muctieu status`, and the next night
tries again, also when it finds nothing new to publish.
"""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flows.copy_record import CopyRecord, read_record, write_record
from flows.logs import log
from flows.settings import Settings
from flows.storage import StorageTrouble, open_storage
from warehouse.durable import replace_file
from warehouse.layout import MANIFEST, SNAPSHOTS, Layout
from warehouse.manifest import read_manifest

POINTER = "current.json"
_OF_A_SNAPSHOT = re.compile(r"\d{8}T\d{6}Z-\d{3}")
_OBJECT_STORES = {"s3", "gs", "gcs", "abfs", "az", "memory"}
"""There a key with slashes needs no folders, and an object is replaced in one step."""


def copy_out(root: Path, settings: Settings) -> tuple[str, ...]:
    """Bring the copy at publish_to up to the current snapshot; gives what went wrong, in words. Hold the writer lock.
    Never raises."""
    address = str(settings.publish_to)
    before = read_record(root)
    held = before.snapshot_id if before is not None and before.address == address else None
    record = CopyRecord(address, held, _now(), "it was not finished")
    _keep(root, record)
    try:
        copies = Copies.at(address, settings.publish_options, Layout.at(root))
        record = replace(record, snapshot_id=copies.bring_up_to_date())
        copies.remove_old(settings.keep_snapshots)
    except Exception as trouble:  # every file system has errors of its own
        said = str(trouble) if isinstance(trouble, StorageTrouble) else f"{type(trouble).__name__}: {trouble}"
        record = replace(record, trouble=said, tried_at=_now())
        log.error("not copied", address=address, reason=said)
    else:
        record = replace(record, trouble="", tried_at=_now())
        log.info("copied", address=address, snapshot=record.snapshot_id)
    _keep(root, record)
    return (f"the copy at {address} failed: {record.trouble}",) if record.trouble else ()


@dataclass(frozen=True, slots=True)
class Copies:
    """The address as `system` (of fsspec) has it, and the warehouse that is copied there."""

    system: Any
    base: str
    layout: Layout

    @classmethod
    def at(cls, address: str, options: Mapping[str, Any], layout: Layout) -> Copies:
        """Raises StorageTrouble."""
        system, base = open_storage(address, options)
        if _is_local(system):
            ours, theirs = layout.root.resolve(), Path(base).resolve()
            if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
                raise StorageTrouble(f"{address} is the warehouse itself; name another folder in publish_to")
        system.invalidate_cache()
        return cls(system, base.rstrip("/"), layout)

    def bring_up_to_date(self) -> str:
        """Copy the current snapshot, then point at it; gives its id."""
        current = self.layout.current_id()
        if current is None:
            raise StorageTrouble("there is no snapshot to copy")
        pointer = self._pointer()
        if pointer.get("warehouse", str(self.layout.root)) != str(self.layout.root):
            raise StorageTrouble(
                f"it holds copies of the warehouse {pointer['warehouse']}; name another address in publish_to, or "
                f"remove its {POINTER} if the warehouse has moved"
            )
        if pointer.get("snapshot_id") != current:
            self._copy(current, pointer.get("snapshot_id"))
            self._point_at(current)
        return current

    def remove_old(self, keep: int) -> None:
        """All but the current copy, the one before, and the last `keep`; also what an unfinished copy left."""
        current, copies = self._pointer(), self._place(SNAPSHOTS)
        # by their files: some stores keep showing folders that have none any more
        found = {place.removeprefix(f"{copies}/").partition("/")[0] for place in self.system.find(copies)}
        names = sorted(name for name in found if _OF_A_SNAPSHOT.fullmatch(name))
        kept = {current.get("snapshot_id"), current.get("previous"), *names[-keep:]}
        for name in names:
            if name not in kept:
                self.system.rm(self._place(SNAPSHOTS, name), recursive=True)

    def _copy(self, snapshot_id: str, before: str | None) -> None:
        """Every file; those that have not changed are copied within the store. manifest.json comes last."""
        folder = self.layout.snapshot(snapshot_id)
        there = self._hashes(before)
        sizes: dict[str, int] = {}
        for name, (size, digest) in _files(folder).items():
            place = self._place(SNAPSHOTS, snapshot_id, name)
            self._make_folder(place)
            if digest is not None and there.get(name) == digest:
                self.system.cp_file(self._place(SNAPSHOTS, str(before), name), place)
            else:
                self.system.put_file(str(folder / name), place)
            sizes[place] = size
        self.system.invalidate_cache()
        found = self.system.find(self._place(SNAPSHOTS, snapshot_id), detail=True)
        torn = sorted(place for place, size in sizes.items() if found.get(place, {}).get("size") != size)
        if torn:
            raise StorageTrouble(f"{len(torn)} files did not arrive whole, {torn[0]} among them")

    def _point_at(self, snapshot_id: str) -> None:
        manifest = read_manifest(self.layout.snapshot(snapshot_id))
        pointer = {
            "snapshot_id": snapshot_id,
            "folder": f"{SNAPSHOTS}/{snapshot_id}",
            "previous": self._pointer().get("snapshot_id"),
            "published_at": manifest.published_at,
            "contract_version": manifest.contract_version,
            "rows": {name: manifest.rows(name) for name in sorted(manifest.tables)},
            "warehouse": str(self.layout.root),
        }
        data = (json.dumps(pointer, ensure_ascii=False, indent=1) + "\n").encode()
        place = self._place(POINTER)
        if _is_local(self.system):
            os.sync()  # a power cut must not leave a pointer to files that are not there
            replace_file(Path(place), data)
        elif _is_object_store(self.system):
            self.system.pipe_file(place, data)
        else:
            self.system.pipe_file(f"{place}.new", data)
            self.system.mv(f"{place}.new", place)

    def _pointer(self) -> dict[str, Any]:
        """current.json; empty when there is none."""
        try:
            found = json.loads(self.system.cat_file(self._place(POINTER)))
        except FileNotFoundError:
            return {}
        except ValueError as trouble:
            raise StorageTrouble(f"its {POINTER} is damaged ({trouble}); remove it") from trouble
        return dict(found)

    def _hashes(self, snapshot_id: str | None) -> dict[str, str]:
        """SHA-256 of each file of a copy, by its manifest; empty when there is no such copy."""
        if snapshot_id is None:
            return {}
        try:
            manifest = json.loads(self.system.cat_file(self._place(SNAPSHOTS, snapshot_id, MANIFEST)))
        except (FileNotFoundError, ValueError):
            return {}
        entries = [entry for entries in manifest["tables"].values() for entry in entries]
        return {entry["path"]: entry["sha256"] for entry in (*entries, *manifest["files"])}

    def _make_folder(self, place: str) -> None:
        if not _is_object_store(self.system):
            self.system.makedirs(place.rpartition("/")[0], exist_ok=True)

    def _place(self, *names: str) -> str:
        return "/".join((self.base, *names))


def _files(folder: Path) -> dict[str, tuple[int, str | None]]:
    """(size, SHA-256) of every file of a snapshot by its path; the manifest, which knows all others, last."""
    manifest = read_manifest(folder)
    entries = (*(entry for entries in manifest.tables.values() for entry in entries), *manifest.files)
    found: dict[str, tuple[int, str | None]] = {entry.path: (entry.bytes, entry.sha256) for entry in entries}
    return {**found, MANIFEST: ((folder / MANIFEST).stat().st_size, None)}


def _is_local(system: Any) -> bool:
    return "file" in _schemes(system)


def _is_object_store(system: Any) -> bool:
    return bool(_schemes(system) & _OBJECT_STORES)


def _schemes(system: Any) -> set[str]:
    return {system.protocol} if isinstance(system.protocol, str) else set(system.protocol)


def _keep(root: Path, record: CopyRecord) -> None:
    """A full disk is no reason to stop a night."""
    try:
        write_record(root, record)
    except OSError as trouble:
        log.warning("the record of the copy could not be written", reason=str(trouble))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
