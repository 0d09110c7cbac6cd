"""What spreadsheets take for a formula: asked wherever a table leaves as CSV."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SKIPPED = " \u00a0\ufeff\u200b"
"""In front of a formula these change nothing."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may run a cell with this text. A number with a sign counts as well: who knows that it is
    one asks before."""
    return text.lstrip(_SKIPPED).startswith(_FORMULA)
