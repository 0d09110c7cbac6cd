"""The texts that everything is measured on, and inboxes of any size made from them. Nothing of them is kept here."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"
BULK = SHARED / "bulk" / "sample.jsonl.gz"
DENSE = SHARED / "gold" / "dev"
HELD_OUT = PROJECT / "tests" / "data" / "held_out.txt"
SEED = 6
DOCUMENTS_A_FILE = 100


@cache
def bulk() -> tuple[bytes, ...]:
    """The bulk sample: 3,004 documents, news for the most part, few targets."""
    with gzip.open(BULK, "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line)["text"].encode() for line in lines)


@cache
def dense() -> tuple[bytes, ...]:
    """Plans full of targets; the held-out ones are not opened."""
    held_out = set(HELD_OUT.read_text(encoding="utf-8").split())
    paths = sorted(path for path in DENSE.glob("*.txt") if path.name not in held_out and path.stem not in held_out)
    return tuple(path.read_bytes() for path in paths)


def sample(texts: tuple[bytes, ...], characters: int) -> list[bytes]:
    """Texts drawn evenly from all of them until there are that many characters."""
    order = list(range(len(texts)))
    random.Random(SEED).shuffle(order)
    taken, held = [], 0
    for number in order:
        if held >= characters:
            break
        taken.append(texts[number])
        held += len(texts[number].decode())
    return taken


def characters(texts: list[bytes] | tuple[bytes, ...]) -> int:
    return sum(len(text.decode()) for text in texts)


def with_other_figures(text: str, copy: int) -> str:
    """The text with its two-digit figures changed, so that no copy has the bytes or the numbers of another."""
    if not copy:
        return text
    changed = re.sub(
        r"(?<![\d.,/])([1-9])(\d)(?=\s?%)", lambda found: f"{(int(found[1]) + copy) % 9 + 1}{found[2]}", text
    )
    return f"{changed}\nBản số {copy}.\n"


def documents(count: int) -> Iterator[tuple[str, str]]:
    """(name, text) of `count` documents: the bulk sample again and again, each time with other figures."""
    sources = bulk()
    for number in range(count):
        copy, place = divmod(number, len(sources))
        yield f"{number:07d}", with_other_figures(sources[place].decode(), copy)


def write_files(folder: Path, count: int) -> int:
    """An inbox of text files; gives its characters."""
    written = 0
    for name, text in documents(count):
        path = folder / name[:4] / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        written += len(text)
    return written


def write_json_lines(folder: Path, count: int) -> int:
    """The same as JSON Lines of 100 documents a file, for sizes at which single files are a burden."""
    folder.mkdir(parents=True, exist_ok=True)
    written, number, lines = 0, 0, None
    try:
        for number, (name, text) in enumerate(documents(count)):
            if number % DOCUMENTS_A_FILE == 0:
                if lines is not None:
                    lines.close()
                lines = (folder / f"{number // DOCUMENTS_A_FILE:05d}.jsonl").open("w", encoding="utf-8")
            assert lines is not None
            lines.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")
            written += len(text)
    finally:
        if lines is not None:
            lines.close()
    return written
