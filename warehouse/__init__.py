"""Snapshots on disk and the DuckDB catalogue over them.

A run: `writer` (holds the warehouse), `hash_inbox`, `plan_changes`, reading, `assemble`, `publish`. A reader: `connect`.
"""

from warehouse.catalogue import connect
from warehouse.errors import CorrectionsError, GateFailed, WarehouseError, WriterBusy
from warehouse.incremental import Assembled, Changes, assemble, plan_changes, twins
from warehouse.listing import INDEX, Listing, hash_inbox
from warehouse.publish import Published, Run, publish, writer
from warehouse.retention import Retention
from warehouse.staging import Change

__all__ = [
    "INDEX",
    "Assembled",
    "Change",
    "Changes",
    "CorrectionsError",
    "GateFailed",
    "Listing",
    "Published",
    "Retention",
    "Run",
    "WarehouseError",
    "WriterBusy",
    "assemble",
    "connect",
    "hash_inbox",
    "plan_changes",
    "publish",
    "twins",
    "writer",
]
