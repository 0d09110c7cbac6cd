"""Plain text and Markdown."""

from __future__ import annotations

from extract.decode import decode
from extract.model import Decoded


def read_plain(data: bytes) -> Decoded:
    """Text of a .txt or .md file. Raises Undecodable."""
    return decode(data)
