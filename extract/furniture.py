"""Spans of a page that say nothing of the plan: menus, counters, captions, related news, legal bases, signatures."""

from __future__ import annotations


def is_furniture_line(line: str) -> bool:
    return False


def find_furniture(text: str) -> tuple[tuple[int, int], ...]:
    return ()
