"""Proof: reading the quote again must give the number, its bound and its measure; what cannot is told so."""

from __future__ import annotations

import math
from collections.abc import Sequence

from extract.model import Statement
from extract.quantities import Quantity, scan
from extract.statements import spread_comparator
from extract.times import find_times
from extract.tokens import tokenise
from extract.vocabulary import canonical_words

_FACTORS = frozenset((*range(-3, 16),))


def objection(statement: Statement) -> str | None:
    """None when the quote proves the statement, else what the quote says instead."""
    if statement.qualitative:
        return None
    if statement.value is None:
        return "the statement holds no number"
    tokens = tokenise(statement.quote)
    words = canonical_words(tokens)
    if "table" in statement.rules:
        offset = statement.char_start
        cell = tokenise(statement.quote, statement.value_start - offset, statement.value_end - offset)
        found: Sequence[Quantity] = scan(cell, canonical_words(cell), ()).quantities
        if any(_proves_cell(quantity, statement) for quantity in found):
            return None
    else:
        found = spread_comparator(words, scan(tokens, words, find_times(tokens, words)).quantities)
        if any(_proves(quantity, statement) for quantity in found):
            return None
    read = ", ".join(f"{quantity.value:g} {quantity.dimension}" for quantity in found[:5]) or "no number"
    return f"the quote does not prove the number: it reads as {read}"


def _proves(quantity: Quantity, statement: Statement) -> bool:
    """Same value, upper end, bound, basis and dimension; a lone "từ" counts as at least."""
    comparator = "ge" if quantity.comparator == "from" else quantity.comparator  # type: ignore[comparison-overlap]
    return (
        quantity.value == statement.value
        and quantity.value_max == statement.value_max
        and comparator in (statement.comparator, "ge" if quantity.baseline else statement.comparator)
        and quantity.dimension == statement.measure.dimension
        and quantity.value_basis == statement.value_basis
    )


def _proves_cell(quantity: Quantity, statement: Statement) -> bool:
    """The number of the cell, times a power of ten that the unit of the row or column gives."""
    assert statement.value is not None
    return _power(statement.value, quantity.value) and (
        (quantity.value_max is None and statement.value_max is None)
        or (
            quantity.value_max is not None
            and statement.value_max is not None
            and _power(statement.value_max, quantity.value_max)
        )
    )


def _power(stored: float, read: float) -> bool:
    if stored == read:
        return True
    if read == 0 or stored == 0 or (stored < 0) != (read < 0):
        return False
    exponent = math.log10(stored / read)
    return round(exponent) in _FACTORS and abs(exponent - round(exponent)) < 1e-9
