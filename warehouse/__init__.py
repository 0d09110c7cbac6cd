"""Snapshots on disk and the DuckDB catalogue over them.

A run: `writer` (holds the warehouse), `hash_inbox`, `plan_changes`, reading, `assemble`, `publish`. A reader:
`connect`."""

from warehouse.catalogue import connect
from warehouse.corrections import Corrections, Outcome, apply_corrections, load_corrections
from warehouse.errors import CorrectionsError, GateFailed, WarehouseError, WriterBusy
from warehouse.incremental import Assembled, Changes, assemble, plan_changes, twins
from warehouse.listing import INDEX, Listing, hash_inbox
from warehouse.publish import Published, Run, publish, writer
from warehouse.retention import Retention
from warehouse.staging import Change
from warehouse.stored import StoredDocuments
from warehouse.validation import Gate, Report, validate

__all__ = [
    "INDEX",
    "Assembled",
    "Change",
    "Changes",
    "Corrections",
    "CorrectionsError",
    "Gate",
    "GateFailed",
    "Listing",
    "Outcome",
    "Published",
    "Report",
    "Retention",
    "Run",
    "StoredDocuments",
    "WarehouseError",
    "WriterBusy",
    "apply_corrections",
    "assemble",
    "connect",
    "hash_inbox",
    "load_corrections",
    "plan_changes",
    "publish",
    "twins",
    "validate",
    "writer",
]
