"""Building the site: pages of all kinds, the search index, the tables as CSV."""

from __future__ import annotations

import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from schemas.tables import TARGETS, TARGETS_PROVISIONAL
from warehouse.report import charts, search_index
from warehouse.report.collected import Collected
from warehouse.report.csv_export import as_csv
from warehouse.report.formatting import read_rows, symbol
from warehouse.report.names import Names
from warehouse.report.pages import document, gate, indicator, province, standard, start
from warehouse.report.pages.document import Marks
from warehouse.report.site import HERE, Page, Renderer, Site, digest, write
from warehouse.report.source import Published, Row

DEFAULT_FOLDER = "report"
SMALL = 150
"""Up to this many documents are rendered in this process: starting others takes longer."""
DOCUMENTS_A_TASK = 200


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. `written` counts files written, of `files` in the site."""

    folder: Path
    snapshot: str
    files: int
    written: int
    removed: int
    seconds: float


Task = Callable[..., Any]


def build(root: Path, destination: Path | None = None, marks: Marks | None = None, workers: int = 1) -> Built:
    """Write the site of the current snapshot of the warehouse `root` into `destination` (default: `root`/report).

    `marks` tells the refused numbers of a text; with `workers` > 1 it must be picklable. Only pages whose
    inputs changed since the last build are written. Raises NoSnapshot when there is nothing published, OSError when the
    folder cannot be written.
    """
    began = time.monotonic()
    published = Published.open(root)
    site = Site(destination or root / DEFAULT_FOLDER)
    previous = published.previous()
    whole = digest(published.name, published.json("manifest.json"), previous and previous.name, marks is not None)
    if site.is_whole(whole):
        return Built(site.folder, published.name, len(site.known), 0, 0, time.monotonic() - began)
    data = Collected.of(published)
    small = workers <= 1 or len(data.documents) <= SMALL
    spawn = multiprocessing.get_context("spawn")
    with nullcontext() if small else ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        submit = _at_once if pool is None else pool.submit
        pages = [(page, digest(page.template, page.context)) for page in _whole_pages(data)]
        stale = [(page, key) for page, key in pages if not site.is_current(page.path, key)]
        for page, key in pages:
            site.keep(page.path, key)
        drawings = _draw([page for page, _ in stale], submit)
        documents = _render_documents(site, data, marks, submit)
        renderer = Renderer(data.names)
        for page, key in sorted(stale, key=lambda entry: entry[0].path in drawings):
            charts_of_page = [Markup(drawing.result()) for drawing in drawings.get(page.path, ())]
            site.put(page.path, key, renderer.render(replace(page, context={**page.context, "charts": charts_of_page})))
        for path, content in _other_files(data):
            key = digest(content)
            if site.is_current(path, key):
                site.keep(path, key)
            else:
                site.put(path, key, content)
        for task in documents:
            for path, key, was_written in task.result():
                site.keep(path, key)
                site.written += was_written
    removed = site.finish(whole)
    return Built(site.folder, published.name, len(site.pages), site.written, removed, time.monotonic() - began)


def _at_once(task: Task, *arguments: Any) -> Future[Any]:
    done: Future[Any] = Future()
    done.set_result(task(*arguments))
    return done


def _whole_pages(data: Collected) -> Iterator[Page]:
    yield from start.pages(data)
    yield from province.pages(data)
    yield from indicator.pages(data)
    yield from gate.pages(data)
    yield from standard.pages(data)


def _other_files(data: Collected) -> Iterator[tuple[str, str]]:
    for path in sorted((HERE / "static").iterdir()):
        yield f"static/{path.name}", path.read_text(encoding="utf-8")
    yield from search_index.files(data)
    for table in (TARGETS, TARGETS_PROVISIONAL):
        rows = data.published.rows(table.name)
        yield f"data/{table.name}.csv", as_csv(table.names, ([row.get(name) for name in table.names] for row in rows))


# ---------------------------------------------------------------- charts


def _draw(pages: Sequence[Page], submit: Task) -> dict[str, list[Future[str]]]:
    """Charts of the pages that have some, in the order in which their templates use them."""
    drawings: dict[str, list[Future[str]]] = {}
    for page in pages:
        if page.template == "start.html.j2" and page.context["years"]:
            drawings[page.path] = [submit(charts.years, page.context["years"])]
        elif page.template == "indicator.html.j2":
            drawn = [
                submit(charts.comparison, _points(view["rows"]), _value(view["national"]), symbol(view["unit"])[0])
                for view in page.context["views"]
                if view["chart"]
            ]
            if drawn:
                drawings[page.path] = drawn
    return drawings


def _points(rows: Sequence[Row]) -> list[charts.Point]:
    best: dict[str, Row] = {}
    for row in rows:
        best.setdefault(row["province"], row)
    return [charts.Point(name, row["value"], row["value_max"], row["comparator"]) for name, row in best.items()]


def _value(row: Row | None) -> float | None:
    return None if row is None else float(row["value"])


# ---------------------------------------------------------------- documents


def _render_documents(site: Site, data: Collected, marks: Marks | None, submit: Task) -> list[Future[Any]]:
    files = [row["source_file"] for row in data.documents]
    known = {document.path(row): site.known.get(document.path(row)) for row in data.documents}
    tasks = []
    for start_at in range(0, len(files), DOCUMENTS_A_TASK):
        part = files[start_at : start_at + DOCUMENTS_A_TASK]
        mine = {
            document.path(row): known[document.path(row)]
            for row in data.documents[start_at : start_at + DOCUMENTS_A_TASK]
        }
        tasks.append(submit(render_documents, data.published.folder, site.folder, part, mine, marks))
    return tasks


def render_documents(
    snapshot: Path, folder: Path, source_files: list[str], known: dict[str, str | None], marks: Marks | None
) -> list[tuple[str, str, bool]]:
    """Pages of some documents: (path, digest, whether it was written). Runs in a worker; reads the snapshot itself."""
    published = Published(snapshot)
    said: dict[str, dict[str, Row]] = defaultdict(dict)
    for table in ("statements", "rejected"):
        for row in published.query(
            f"SELECT * FROM {table} WHERE source_file IN (SELECT unnest(?))", [table], [source_files]
        ):
            said[row["source_file"]].setdefault(row["statement_id"], {}).update(row)
    renderer = _renderer(snapshot)
    pages = []
    for row in published.query(
        "SELECT * FROM documents WHERE source_file IN (SELECT unnest(?))", ["documents"], [source_files]
    ):
        statements = sorted(said[row["source_file"]].values(), key=lambda found: found["statement_id"])
        path, key = document.path(row), digest(document.inputs(row, statements), marks is not None, _standard(snapshot))
        changed = known.get(path) != key or not (folder / path).is_file()
        if changed:
            write(folder / path, renderer.render(document.page(row, statements, marks)))
        pages.append((path, key, changed))
    return pages


@lru_cache(maxsize=1)
def _renderer(snapshot: Path) -> Renderer:
    themes = {row["theme"]: (row["vi"], row["en"]) for row in read_rows("themes.csv")}
    return Renderer(Names.of(Published(snapshot), themes))


@lru_cache(maxsize=1)
def _standard(snapshot: Path) -> str:
    """Digest of the names that a document page shows."""
    published = Published(snapshot)
    return digest(published.rows("indicators"), published.rows("provinces"))
