"""contract.yaml in the Open Data Contract Standard and datapackage.json, both generated from schemas/tables.py."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import yaml

from schemas.tables import ALL_TABLES, CONTRACT_VERSION, Column, Table
from warehouse.errors import WarehouseError

ODCS_VERSION = "v3.1.0"
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
Severity = Literal["major", "minor", "none"]

_LOGICAL = {pa.date32(): "date", pa.bool_(): "boolean", pa.string(): "string", pa.float64(): "number"}
_PHYSICAL = {pa.date32(): "DATE", pa.bool_(): "BOOLEAN", pa.string(): "VARCHAR", pa.float64(): "DOUBLE"}
_PHYSICAL |= {pa.int16(): "SMALLINT", pa.int32(): "INTEGER", pa.int64(): "BIGINT"}
_FRICTIONLESS = {"date": "date", "boolean": "boolean", "string": "string", "number": "number", "integer": "integer"}


def contract(tables: Sequence[Table] = ALL_TABLES, version: str = CONTRACT_VERSION) -> dict[str, Any]:
    """The data contract as plain values, in the order in which it is written."""
    return {
        "apiVersion": ODCS_VERSION,
        "kind": "DataContract",
        "id": "muctieu-targets",
        "name": "muctieu targets",
        "version": version,
        "status": "active",
        "domain": "public-planning",
        "tenant": "muctieu",
        "description": {
            "purpose": "The numbers that Vietnamese provinces commit themselves to, one row per cell, and their words.",
            "usage": "Read targets.duckdb, or resolve the link `current` once, then its files.",
            "limitations": "Values are as documents state them. targets_provisional has phrases that no indicator of "
            "the standard fits. Shares, ranks and rates of several provinces cannot be added.",
        },
        "servers": [{"server": "warehouse", "type": "local", "path": "current/{model}.parquet", "format": "parquet"}],
        "schema": [_table(table) for table in tables],
    }


def contract_yaml(tables: Sequence[Table] = ALL_TABLES, version: str = CONTRACT_VERSION) -> bytes:
    text = yaml.dump(contract(tables, version), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return ("# Generated from schemas/tables.py; do not edit.\n" + text).encode("utf-8")


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "physicalName": f"{table.name}/*.parquet" if table.bucketed else f"{table.name}.parquet",
        "logicalType": "object",
        "physicalType": "table",
        "description": table.description,
        "dataGranularityDescription": f"one row per {', '.join(table.grain)}; nulls compare equal",
        "properties": [_property(column, table) for column in table.columns],
        "quality": [
            {
                "name": "grain_is_unique",
                "type": "sql",
                "description": f"no two rows agree in {', '.join(table.grain)}",
                "query": f"SELECT count(*) FROM (SELECT 1 FROM {table.name} "
                f"GROUP BY {', '.join(table.grain)} HAVING count(*) > 1)",
                "mustBe": 0,
            }
        ],
    }


def _property(column: Column, table: Table) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "logicalType": logical_type(column.type),
        "physicalType": _PHYSICAL.get(column.type, "TIMESTAMP WITH TIME ZONE"),
        "description": column.description,
        "required": not column.nullable,
    }
    if table.grain == (column.name,):
        found |= {"unique": True, "primaryKey": True, "primaryKeyPosition": 1}
    if column.allowed:
        listed = ", ".join(f"'{value}'" for value in column.allowed)
        found["quality"] = [
            {
                "name": f"{column.name}_is_in_its_list",
                "type": "sql",
                "description": f"one of {', '.join(column.allowed)}",
                "query": f"SELECT count(*) FROM {table.name} WHERE {column.name} NOT IN ({listed})",
                "mustBe": 0,
            }
        ]
        found["customProperties"] = [{"property": "allowedValues", "value": list(column.allowed)}]
    return found


def logical_type(type_: pa.DataType) -> str:
    if type_ in _LOGICAL:
        return _LOGICAL[type_]
    if pa.types.is_integer(type_):
        return "integer"
    if pa.types.is_timestamp(type_):
        return "timestamp"
    raise WarehouseError(f"no logical type for {type_}; add it to warehouse/contract.py")


def datapackage(paths: Mapping[str, Sequence[str]], tables: Sequence[Table] = ALL_TABLES) -> bytes:
    """Frictionless datapackage.json of one snapshot. `paths`: files of each table, below the snapshot."""
    resources = [
        {
            "name": table.name.replace("_", "-"),
            "path": list(paths[table.name]) if table.bucketed else paths[table.name][0],
            "format": "parquet",
            "mediatype": "application/vnd.apache.parquet",
            "description": table.description,
            "schema": {"fields": [_field(column) for column in table.columns]},
        }
        for table in tables
        if paths.get(table.name)
    ]
    package = {
        "name": "muctieu-targets",
        "title": "Targets of Vietnamese provinces",
        "version": CONTRACT_VERSION,
        "resources": resources,
    }
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _field(column: Column) -> dict[str, Any]:
    logical = logical_type(column.type)
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if column.allowed:
        constraints["enum"] = list(column.allowed)
    found = {"name": column.name, "type": _FRICTIONLESS.get(logical, "datetime"), "description": column.description}
    return found | ({"constraints": constraints} if constraints else {})


# ---------------------------------------------------------------- differences


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One difference between two contracts and what it means for a reader of the old one."""

    severity: Severity
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class ContractDiff:
    """All differences; `severity` is the gravest of them. `version_fits`: whether the new version number says as
    much."""

    changes: tuple[ContractChange, ...]
    old_version: str
    new_version: str

    @property
    def severity(self) -> Severity:
        found = {change.severity for change in self.changes}
        return "major" if "major" in found else "minor" if "minor" in found else "none"

    @property
    def version_fits(self) -> bool:
        old, new = _numbers(self.old_version), _numbers(self.new_version)
        if self.severity == "major":
            return new[0] > old[0]
        return new > old if self.severity == "minor" else new >= old


def _numbers(version: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in version.split("."))
    except ValueError as trouble:
        raise WarehouseError(f"contract version {version!r} is not of the form 1.2.3") from trouble


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> ContractDiff:
    """What changed between two contracts, as `contract` gives or `read_contract` reads them.

    Major: a table or column gone, retyped, re-meant, moved, newly nullable, or with another list or grain. Minor: a
    table added, a column added at the end, a column that is never null any more."""
    before = {table["name"]: table for table in old["schema"]}
    after = {table["name"]: table for table in new["schema"]}
    changes = [ContractChange("major", name, "the table is gone") for name in before if name not in after]
    changes += [ContractChange("minor", name, "the table is new") for name in after if name not in before]
    for name in before:
        if name in after:
            changes += _table_changes(name, before[name], after[name])
    return ContractDiff(tuple(changes), str(old["version"]), str(new["version"]))


def _table_changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[ContractChange]:
    changes = []
    for key, meaning in (
        ("physicalName", "the files have another name"),
        ("dataGranularityDescription", "the grain is another"),
        ("description", "the table means something else"),
    ):
        if old.get(key) != new.get(key):
            changes.append(ContractChange("major", name, f"{meaning}: {old.get(key)!r} became {new.get(key)!r}"))
    before = {column["name"]: column for column in old["properties"]}
    after = {column["name"]: column for column in new["properties"]}
    for column in before:
        where = f"{name}.{column}"
        if column not in after:
            changes.append(ContractChange("major", where, "the column is gone"))
        else:
            changes += _column_changes(where, before[column], after[column])
    kept = [column for column in after if column in before]
    if kept != [column for column in before if column in after]:
        changes.append(ContractChange("major", name, "columns stand in another order"))
    added = [column for column in after if column not in before]
    at_end = list(after)[len(after) - len(added) :] if added else []
    for column in added:
        severity: Severity = "minor" if column in at_end else "major"
        place = "at the end" if severity == "minor" else "between others, which moves the columns behind it"
        changes.append(ContractChange(severity, f"{name}.{column}", f"the column is new, {place}"))
    return changes


def _column_changes(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[ContractChange]:
    changes = []
    if old["physicalType"] != new["physicalType"]:
        what = f"the type {old['physicalType']} became {new['physicalType']}"
        changes.append(ContractChange("major", where, what))
    if old["required"] and not new["required"]:
        changes.append(ContractChange("major", where, "it may be null now"))
    if new["required"] and not old["required"]:
        changes.append(ContractChange("minor", where, "it is never null any more"))
    if old["description"] != new["description"]:
        what = f"it means something else: {old['description']!r} became {new['description']!r}"
        changes.append(ContractChange("major", where, what))
    listed, listed_now = _allowed(old), _allowed(new)
    if listed != listed_now:
        gained, lost = sorted(set(listed_now) - set(listed)), sorted(set(listed) - set(listed_now))
        changes.append(ContractChange("major", where, f"its list changed: added {gained}, removed {lost}"))
    return changes


def _allowed(column: Mapping[str, Any]) -> list[str]:
    for item in column.get("customProperties") or ():
        if item.get("property") == "allowedValues":
            return list(item["value"])
    return []


def read_contract(path: Path) -> dict[str, Any]:
    """A contract.yaml, or the one of a snapshot or warehouse folder. Raises WarehouseError naming the file."""
    for candidate in (path, path / "contract.yaml", path / "current" / "contract.yaml"):
        if candidate.is_file():
            path = candidate
            break
    try:
        found = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError) as trouble:
        raise WarehouseError(
            f"cannot read the contract {path}: {trouble}; give a contract.yaml or a snapshot"
        ) from trouble
    if not isinstance(found, dict) or not {"version", "schema"} <= set(found):
        raise WarehouseError(f"{path} is no data contract: it lacks version or schema")
    return found
