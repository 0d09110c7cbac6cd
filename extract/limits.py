"""What one document may cost. Every field is a setting; a document that exceeds one is recorded, never half read."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, text in characters, time in seconds. The defaults leave room above every real plan seen."""

    bytes: int = 64 * MIB
    """Of one file of the inbox, and of one member of an archive."""
    characters: int = 5_000_000
    """Of the text of one document."""
    pages: int = 1_000
    """Of one PDF."""
    members: int = 5_000
    """Of one archive, and lines of one JSON Lines file times 100."""
    nesting: int = 2
    """Archives within archives: 1 is a ZIP of documents."""
    ratio: int = 200
    """Unpacked size by packed size of an archive member, from 1 MiB on."""
    unpacked_bytes: int = 512 * MIB
    """Of everything in one file of the inbox together."""
    seconds: float = 60.0
    """Of one document. Kept by the worker pool (flows/workers.py), which stops the worker."""
    memory_bytes: int = 3 * 1024 * MIB
    """That a worker may take on top of what it starts with. Kept by the worker pool."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"limit {name} is {getattr(self, name)}; it must be greater than 0")
