"""From the browser back into the table: a correction made on a page is applied by the next real run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sites import Watched

from flows.commands.report import marks
from warehouse.report.build import build
from warehouse.report.formatting import anchor
from warehouse.report.names import document_page

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
FILE = "09-ke-hoach-vinh-long-sau-hop-nhat.md"


def targets(root: Path) -> dict[str, dict]:
    return {row["statement_id"]: row for row in pq.read_table(root / "current" / "targets.parquet").to_pylist()}


@pytest.mark.slow
def test_a_correction_from_the_page_is_applied_by_the_next_run(
    prefect_server: None, watched: Watched, tmp_path: Path
) -> None:
    from flows.nightly import nightly

    inbox, root, file = tmp_path / "inbox", tmp_path / "warehouse", tmp_path / "corrections.yml"
    inbox.mkdir()
    shutil.copy(SAMPLES / FILE, inbox)
    nightly(str(inbox), str(root), {"corrections": str(file)})
    built = build(root, marks=marks)
    before = targets(root)
    first, second = sorted(before)[:2]
    (document,) = pq.read_table(next((root / "current" / "documents").glob("*.parquet"))).to_pylist()
    page = watched.page
    page.goto((built.folder / document_page(document["document_id"], FILE)).as_uri())
    for statement_id, action, changes in ((first, "reject", {}), (second, "fix", {"value": "77,5"})):
        card = page.locator(f"[id='{anchor(statement_id)}']")
        card.locator(f"[data-action={action}]").click()
        for name, value in {**changes, "reason": "đối chiếu bản gốc", "author": "Lan"}.items():
            card.locator(f"input[name={name}]").fill(value)
        card.locator("button[type=submit]").click()
    with page.expect_download() as download:
        page.locator("[data-do=download]").click()
    download.value.save_as(file)
    nightly(str(inbox), str(root), {"corrections": str(file)})
    after = targets(root)
    assert first not in after
    assert (after[second]["value"], after[second]["corrected_by"]) == (77.5, "Lan")
    again = build(root, marks=marks)
    assert 0 < again.written < again.files
    page.goto((built.folder / document_page(document["document_id"], FILE)).as_uri())
    assert "Lan" in page.locator(f"[id='{anchor(second)}']").inner_text()
    assert "rejected" in (page.locator(f"[id='{anchor(first)}']").get_attribute("class") or "")
    assert watched.complaints == []
