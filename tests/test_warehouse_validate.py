"""The gate and `muctieu validate`: green on a good warehouse, red with named rows on damaged ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import warehouse
from schemas.expectations import row_expectations
from tests import warehouse_samples as samples
from warehouse import Gate, GateFailed, WarehouseError
from warehouse.checks import cross_table_checks, whole_table_checks
from warehouse.drift import SETTINGS, thresholds
from warehouse.manifest import entry_of, read_manifest

EDITIONS = dict.fromkeys(range(30), 0)
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "w"
    samples.night(root, EDITIONS)
    return root


@pytest.fixture
def snapshot(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree((template / "current").resolve(), tmp_path / "received"))


def test_good_warehouse_is_green(template: Path) -> None:
    report = warehouse.validate(template)
    assert report.passed, report.failures
    assert len(report.findings) > 100
    of_the_suite = [finding.name for finding in report.findings if finding.name.startswith("suite, ")]
    expected = [f"suite, every row, {expectation.name}" for expectation in row_expectations()]
    assert [name for name in of_the_suite if "every row" in name] == expected


def test_copy_without_links_and_catalogue_is_green(template: Path, tmp_path: Path) -> None:
    shutil.copytree(template / "snapshots", tmp_path / "copy" / "snapshots")
    assert warehouse.validate(tmp_path / "copy").passed


def test_nothing_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"no snapshot in .*give a warehouse folder"):
        warehouse.validate(tmp_path)


def rewritten(name: str, change: Callable[[pa.Table], pa.Table]) -> Damage:
    """Change the rows of a table, and make the manifest agree, as a careless tool would."""

    def damage(snapshot: Path) -> None:
        path = snapshot / f"{name}.parquet"
        path = path if path.exists() else snapshot / name / "bucket-0000-of-0001.parquet"
        pq.write_table(change(pq.read_table(path, partitioning=None)), path)

    return damage


def with_column(name: str, value: object) -> Callable[[pa.Table], pa.Table]:
    """The first row gets another value."""

    def change(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index(name)
        field = table.schema.field(index).with_nullable(True)
        values = [value, *table[name].to_pylist()[1:]]
        return table.set_column(index, field, pa.array(values, field.type))

    return change


def _cut(snapshot: Path) -> None:
    path = snapshot / "targets.parquet"
    path.write_bytes(path.read_bytes()[:-100])


def _flip_a_bit(snapshot: Path) -> None:
    path = snapshot / "units.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(bytes(data))


DAMAGES = [
    ("file missing", lambda s: (s / "commitments.parquet").unlink(), "commitments.parquet is missing"),
    ("file cut short", _cut, "targets.parquet has"),
    ("bit flipped", _flip_a_bit, "units.parquet has another checksum"),
    ("bucket missing", lambda s: shutil.rmtree(s / "documents"), "every_statement_has_its_document|documents"),
    ("manifest damaged", lambda s: (s / "manifest.json").write_text("{"), "manifest_can_be_read"),
    ("manifest missing", lambda s: (s / "manifest.json").unlink(), "manifest_can_be_read"),
    ("foreign file", lambda s: (s / "notes.txt").write_text("x"), "no_file_is_foreign failed .*notes.txt"),
    ("column dropped", rewritten("targets", lambda t: t.drop_columns(["quote"])), r"columns missing \['quote'\]"),
    ("column retyped", rewritten("targets", lambda t: t.set_column(4, "year", pc.cast(t["year"], pa.int64()))), "year is int64, not int16"),
    ("value changed", rewritten("targets", with_column("value", 12345.0)), "target_says_what_its_statement_says failed .*12345"),
    ("target without statement", rewritten("targets", with_column("statement_id", "nobody")), "every_target_has_its_statement failed .*'nobody'"),
    ("target twice", rewritten("targets", lambda t: pa.concat_tables([t, t.slice(0, 1)])), "grain_is_unique failed .*times=2"),
    ("target lost", rewritten("targets", lambda t: t.slice(1)), "every_prevailing_statement_is_a_target failed"),
    ("statement lost", rewritten("statements", lambda t: t.slice(1)), "documents_count_their_statements failed"),
    ("document lost", rewritten("documents", lambda t: t.slice(1)), "every_statement_has_its_document failed .*source_file="),
    ("quote moved", rewritten("statements", with_column("char_start", 3)), "quote_stands_in_document failed .*statement_id="),
    ("unknown comparator", rewritten("statements", with_column("comparator", "about")), "comparator_is_in_its_list failed .*'about'"),
    ("null where none may be", rewritten("documents", with_column("status", None)), "status_is_never_null failed"),
    ("unknown indicator", rewritten("targets", with_column("indicator", "moon_share")), "targets_use_indicators_of_the_standard failed .*moon_share"),
    ("unknown unit", rewritten("targets_provisional", with_column("unit", "furlong")), "units_are_known failed .*furlong"),
    ("infinite value", rewritten("statements", with_column("value", float("inf"))), "values_are_finite failed"),
    ("out of bounds", rewritten("targets", with_column("value", -1e12)), "values_are_within_bounds failed"),
]  # fmt: skip
# ruff: noqa: E501


@pytest.mark.parametrize(("damage", "told"), [case[1:] for case in DAMAGES], ids=[case[0] for case in DAMAGES])
def test_damaged_warehouse_is_red_and_names_what(snapshot: Path, damage: Damage, told: str) -> None:
    damage(snapshot)
    report = warehouse.validate(snapshot, suite=False)
    assert not report.passed
    assert any(_matches(told, failure) for failure in report.failures), report.failures


def of_accepted(name: str, value: object) -> Callable[[pa.Table], pa.Table]:
    """The first accepted row gets another value."""

    def change(table: pa.Table) -> pa.Table:
        row = table["status"].to_pylist().index("accepted")
        field = table.schema.field(name).with_nullable(True)
        values = [value if number == row else old for number, old in enumerate(table[name].to_pylist())]
        return table.set_column(table.column_names.index(name), field, pa.array(values, field.type))

    return change


ROW = r"suite, every row, {} failed \(1 rows, such as statement_id='[0-9a-f]{{24}}', source_file='[^']+': .*{}"
SUITE_DAMAGES = [
    ("due before its document", "statements", of_accepted("year", 1999), ROW.format("year_is_not_past", "year=1999")),
    ("due in a far future", "statements", of_accepted("year", 2150), ROW.format("year_is_not_too_far", "year=2150")),
    ("quote moved", "statements", of_accepted("char_start", 3), ROW.format("quote_stands_in_document", "char_start=3")),
    ("quote emptied", "statements", of_accepted("quote", " "), ROW.format("quote_is_not_empty", "quote=' '")),
    ("unknown province", "statements", of_accepted("province", "Sài Gòn"), ROW.format("province_is_known", "Sài Gòn")),
    ("unknown unit", "statements", of_accepted("unit", "furlong"), ROW.format("unit_is_known", "furlong")),
    ("unknown indicator", "statements", of_accepted("indicator", "moon"), ROW.format("indicator_is_known", "moon")),
    ("value below its bounds", "statements", of_accepted("value", -1e12), ROW.format("value_is_not_below_bounds", r"-1000000000000\.0")),
    ("range without an upper end", "statements", of_accepted("comparator", "between"), ROW.format("range_is_ordered", "between")),
    ("required value gone", "statements", of_accepted("value", None), ROW.format("required_values_are_present", "value")),
    ("same target twice", "targets", lambda t: pa.concat_tables([t, t.slice(0, 1)]), r"targets: suite, grain_is_unique failed \(2 rows, among them .+ 20\d\d"),
    ("target without its words", "targets", with_column("quote", None), r"targets: suite, required_columns_are_never_null failed \(1 rows, among them quote"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "change", "told"), [case[1:] for case in SUITE_DAMAGES], ids=[case[0] for case in SUITE_DAMAGES]
)
def test_suite_finds_damage_that_checksums_cannot_see(
    snapshot: Path, table: str, change: Callable[[pa.Table], pa.Table], told: str
) -> None:
    """Rows changed and the manifest made to agree: only the expectations of a run can tell, and they name the row."""
    rewritten(table, change)(snapshot)
    _seal(snapshot)
    report = warehouse.validate(snapshot)
    assert not report.passed
    assert any(_matches(told, failure) for failure in report.failures), report.failures
    assert not any("files_are_whole" in failure for failure in report.failures)


def _seal(snapshot: Path) -> None:
    """Sizes, checksums and row counts of the manifest as the files are now."""
    manifest = read_manifest(snapshot)
    tables = {
        name: tuple(
            entry_of(entry.path, (snapshot / entry.path).read_bytes(), pq.read_metadata(snapshot / entry.path).num_rows)
            for entry in entries
        )
        for name, entries in manifest.tables.items()
    }
    (snapshot / "manifest.json").write_bytes(replace(manifest, tables=tables).to_json())


def _matches(pattern: str, text: str) -> bool:
    import re

    return re.search(pattern, text, re.DOTALL) is not None


@pytest.mark.parametrize("good", [True, False], ids=["good", "damaged"])
def test_command(snapshot: Path, good: bool) -> None:
    import typer

    from flows.commands import validate

    app = typer.Typer()
    app.callback()(lambda: None)
    validate.register(app)
    if not good:
        rewritten("targets", with_column("value", 12345.0))(snapshot)
    done = CliRunner().invoke(app, ["validate", str(snapshot)])
    assert done.exit_code == (0 if good else 1), done.output
    assert ("0 failed" in done.output) == good
    record = json.loads(CliRunner().invoke(app, ["validate", "--json", str(snapshot)]).stdout)
    assert record["passed"] is good


def test_every_check_gives_a_reason() -> None:
    assert [check.name for check in (*cross_table_checks(), *whole_table_checks()) if len(check.reason) <= 20] == []


# ---------------------------------------------------------------- the gate


def test_gate_stops_and_leaves_the_old_snapshot(template: Path, tmp_path: Path) -> None:
    root = samples.copy_of(template, tmp_path / "w")
    before = (root / "current").resolve()
    tables = samples.whole(samples.edited(EDITIONS, [1], 1))
    tables["targets"] = with_column("value", 12345.0)(tables["targets"])
    with pytest.raises(GateFailed, match="target_says_what_its_statement_says") as stopped:
        warehouse.publish(root, tables, samples.run_facts("bad"), gate=Gate())
    assert len(stopped.value.failures) == 1
    assert (root / "current").resolve() == before
    assert [path.name for path in (root / "snapshots").iterdir()] == [before.name]


def test_gate_result_is_kept(template: Path) -> None:
    record = json.loads((template / "current" / "validation.json").read_text())
    assert record["passed"]
    assert {check["name"] for check in record["checks"]} == {check.name for check in cross_table_checks()}


FEW = {number: edition for number, edition in EDITIONS.items() if number < 10}


def test_lost_targets_stop_unless_accepted(template: Path, tmp_path: Path) -> None:
    root = samples.copy_of(template, tmp_path / "w")
    with pytest.raises(GateFailed, match=r"targets_lost_share: \d+ of \d+ rows .*at most 0.3. Why it matters"):
        samples.night(root, FEW)
    published = samples.night(root, FEW, gate=Gate(accept_drift=True))
    record = json.loads((published.path / "validation.json").read_text())
    assert record["drift_accepted"]
    assert any("targets_lost_share" in warning for warning in record["warnings"])


def test_thresholds_are_settings(template: Path, tmp_path: Path) -> None:
    root = samples.copy_of(template, tmp_path / "w")
    settings = tmp_path / "gate.yml"
    settings.write_text(SETTINGS.read_text().replace("most: 0.30", "most: 0.99"))
    assert samples.night(root, FEW, gate=Gate(settings=settings)).new


def test_own_thresholds_may_be_a_few(tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    own.write_text("rejected_share: {most: 0.5, outcome: stop, reason: agreed with the analysts}\n")
    found = thresholds(own)
    assert (found["rejected_share"].most, found["rejected_share"].outcome) == (0.5, "stop")
    assert {name: found[name] for name in found if name != "rejected_share"} == {
        name: threshold for name, threshold in thresholds().items() if name != "rejected_share"
    }


def test_missing_thresholds_are_told(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"cannot read the thresholds of the gate, .*own\.yml"):
        thresholds(tmp_path / "own.yml")


@pytest.mark.parametrize(
    ("status", "name"),
    [("no_year", "no_year_share"), ("rejected", "rejected_share")],
)
def test_shares_warn(tmp_path: Path, status: str, name: str) -> None:
    tables = samples.whole(EDITIONS)
    statements = tables["statements"]
    free = pc.equal(statements["status"], "no_province")
    spoilt = pc.if_else(pc.or_(free, pc.invert(statements["prevails"])), status, statements["status"])
    index = statements.schema.get_field_index("status")
    tables["statements"] = statements.set_column(index, statements.schema.field(index), spoilt)
    limits = tmp_path / "gate.yml"
    limits.write_text(SETTINGS.read_text().replace("most: 0.40", "most: 0.05").replace("most: 0.10", "most: 0.05"))
    published = warehouse.publish(tmp_path / "w", tables, samples.run_facts(), gate=Gate(settings=limits))
    warnings = json.loads((published.path / "validation.json").read_text())["warnings"]
    assert [warning.partition(":")[0] for warning in warnings] == [name]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rejected_share:", "rejectd_share:", "rejectd_share"),
        ("\n  outcome: stop", "\n  outcome: shout", "outcome"),
    ],
    ids=["unknown name", "unknown outcome"],
)
def test_wrong_settings_are_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    settings = tmp_path / "gate.yml"
    settings.write_text(SETTINGS.read_text().replace(old, new, 1))
    with pytest.raises(WarehouseError, match=told):
        thresholds(settings)
