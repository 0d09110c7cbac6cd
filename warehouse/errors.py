"""What can go wrong with a warehouse; every message names the path and says what to do."""

from __future__ import annotations


class WarehouseError(RuntimeError):
    """The warehouse could not be read or written; the snapshot that was published before stays as it was."""


class WriterBusy(WarehouseError):
    """Another run is writing to this warehouse."""


class GateFailed(WarehouseError):
    """The new snapshot did not pass the gate; nothing was published. `failures` names every failed expectation."""

    def __init__(self, message: str, failures: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.failures = failures


class CorrectionsError(WarehouseError):
    """corrections.yml cannot be used: the message gives file, entry and remedy."""
