"""Rendering and writing: a page is written only when what it is made of has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from warehouse.durable import replace_file
from warehouse.report import formatting, names

HERE = Path(__file__).parent
MANIFEST = "report-manifest.json"
WHOLE = "."
"""Entry of the manifest for the whole site."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one page is made of: the template and plain values. Same template and values, same page."""

    path: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


@cache
def code_digest() -> str:
    """Digest of everything that shapes pages beside the data: templates, texts and code of the report."""
    total = hashlib.sha256()
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def digest(*values: Any) -> str:
    """Digest of plain values and of the report's own code."""
    data = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256((code_digest() + data).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@cache
def t(key: str) -> Markup:
    """Wording of a key in both languages."""
    return formatting.both(*formatting.text(key))


@cache
def pair(key: str) -> Markup:
    """The same for attributes: `data-vi=".." data-en=".."`, applied to the attribute named in data-for by the
    script."""
    return Markup('data-vi="{}" data-en="{}"').format(*formatting.text(key))


def as_json(value: Any) -> Markup:
    """JSON that is inert inside HTML and JavaScript: pure ASCII, without <, > and &."""
    return Markup(script_json(value))


def script_json(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)
    return shown.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class Renderer:
    """Templates with autoescape, strict about missing values; invisible characters are made visible in every output."""

    def __init__(self, known: names.Names) -> None:
        self.environment = Environment(
            loader=PackageLoader("warehouse.report", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=formatting.neutral,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(
            t=t,
            pair=pair,
            names=known,
            amount=formatting.amount,
            amount_texts=formatting.amount_texts,
            number=formatting.number,
            bound=formatting.bound,
            due=formatting.due,
            date=formatting.date,
            both=formatting.both,
            symbol=formatting.symbol,
            fold=formatting.fold,
            anchor=formatting.anchor,
            as_json=as_json,
            province_page=names.province_page,
            indicator_page=names.indicator_page,
            document_page=names.document_page,
            statement_link=names.statement_link,
            nation=names.NATION,
        )

    def render(self, page: Page) -> str:
        root = "../" * page.path.count("/")
        return self.environment.get_template(page.template).render(root=root, path=page.path, **page.context)


class Site:
    """The folder of the site and what is known of its pages from the last build."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.known: dict[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.known = {}
        self.whole = self.known.pop(WHOLE, "")
        self.pages: dict[str, str] = {}
        self.written = 0

    def is_whole(self, content_digest: str) -> bool:
        """Whether the last build was made of the same and all its files are still there."""
        return self.whole == content_digest and all((self.folder / path).is_file() for path in self.known)

    def is_current(self, path: str, content_digest: str) -> bool:
        return self.known.get(path) == content_digest and (self.folder / path).is_file()

    def put(self, path: str, content_digest: str, content: str | bytes) -> None:
        """Write one file in one step."""
        write(self.folder / path, content)
        self.pages[path] = content_digest
        self.written += 1

    def keep(self, path: str, content_digest: str) -> None:
        self.pages[path] = content_digest

    def finish(self, content_digest: str) -> int:
        """Remove files of the last build that this one has not, write the manifest last; gives the number removed."""
        gone = [path for path in self.known if path not in self.pages]
        for path in gone:
            (self.folder / path).unlink(missing_ok=True)
        write(self.folder / MANIFEST, json.dumps({**self.pages, WHOLE: content_digest}, indent=0, sort_keys=True))
        return len(gone)


def write(path: Path, content: str | bytes) -> None:
    """Write beside and rename, so that a reader never sees half a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    replace_file(path, data, durable=False)
