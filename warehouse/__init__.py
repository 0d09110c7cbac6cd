"""Snapshots on disk and the DuckDB catalogue over them. Start at `publish` and `connect`."""

from warehouse.catalogue import connect
from warehouse.errors import CorrectionsError, GateFailed, WarehouseError, WriterBusy
from warehouse.publish import Published, Run, publish, writer
from warehouse.retention import Retention
from warehouse.staging import Change

__all__ = [
    "Change",
    "CorrectionsError",
    "GateFailed",
    "Published",
    "Retention",
    "Run",
    "WarehouseError",
    "WriterBusy",
    "connect",
    "publish",
    "writer",
]
