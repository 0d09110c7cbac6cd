"""File systems behind an address: a folder, or what fsspec knows (s3://, gs://, memory://, sftp://)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


class StorageTrouble(Exception):
    """An address that is not understood, or a package that it needs and that is missing."""


def is_address(place: str) -> bool:
    """s3://bucket/folder, not /a/folder; also where pathlib has dropped a slash (s3:/bucket/folder)."""
    return ":/" in place


def whole_address(place: str) -> str:
    """An address with the slash that pathlib drops."""
    return place if "://" in place else place.replace(":/", "://", 1)


def open_storage(address: str, options: Mapping[str, Any] | None = None) -> tuple[Any, str]:
    """(fsspec file system, path within it). `options` are those of the file system: keys, endpoint. Raises
    StorageTrouble; most file systems connect only when they are first asked for something."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(address, **(options or {}))
    except ImportError as trouble:
        scheme = address.split("://", 1)[0]
        raise StorageTrouble(f"{scheme}:// needs a package that is not installed: {trouble}") from trouble
    except Exception as trouble:  # every file system has errors of its own
        raise StorageTrouble(f"{address} is not understood ({type(trouble).__name__}: {trouble})") from trouble
    return system, str(path)


def holds_password(address: str) -> bool:
    """sftp://user:password@host/folder: addresses stand in tables and logs, so passwords belong elsewhere."""
    try:
        return urlsplit(address).password is not None
    except ValueError:
        return False
