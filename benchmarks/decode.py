"""Speed of decoding on the bulk sample beside bare UTF-8 decoding: python benchmarks/decode.py [FILE]."""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from extract.decode import decode

BULK = Path(__file__).parents[2] / "shared" / "bulk" / "sample.jsonl.gz"


def speed(texts: list[bytes], characters: int, work: Callable[[bytes], object]) -> float:
    """Million characters a second of processor time (other processes do not count), best of five."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - started)
    return characters / best / 1e6


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else BULK
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    every = [text.encode() for text in texts]
    own = set("àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ–—‘’“”…°")
    own |= {letter.upper() for letter in own} | {chr(code) for code in range(128)}
    plain = [text.encode() for text in texts if own.issuperset(text)]
    for label, data in (("all pages", every), ("pages of plain Vietnamese letters", plain)):
        characters = sum(len(text.decode()) for text in data)
        floor, whole = speed(data, characters, lambda text: text.decode()), speed(data, characters, decode)
        print(f"{label}: {len(data)} pages, {characters} characters")
        print(
            f"  bytes.decode {floor:.0f} M characters/s, decode {whole:.0f} M characters/s, ratio {whole / floor:.2f}"
        )


if __name__ == "__main__":
    main()
