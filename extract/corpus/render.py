"""Writes docs/reading.md, the corpora as readable tables: python -m extract.corpus.render"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from extract.corpus.examples import OPEN, Example, Family, load_families

TARGET = Path(__file__).resolve().parents[2] / "docs" / "reading.md"
_SIGNS = {"eq": "", "ge": "≥ ", "gt": "> ", "le": "≤ ", "lt": "< ", "approx": "≈ ", "between": ""}
_INTRODUCTION = """# How muctieu reads

Generated from `extract/corpus/*.yml` by `python -m extract.corpus.render`; do not edit. Every line is a test
(`tests/test_reading.py`). All phrases are written for this project. "no row" means that the text holds no target.
Unless a line says otherwise, a sentence stands under "I. MỤC TIÊU" in a plan of tỉnh Cà Mau of 2021-02-05.
Signs: ≥ ge, > gt, ≤ le, < lt, ≈ approx, a – b between.
"""


def render(families: Iterable[Family]) -> str:
    """The page as Markdown."""
    families = list(families)
    parts = [_INTRODUCTION, "| family | what it shows | examples |\n| --- | --- | ---: |\n"]
    for family in families:
        anchor = family.title.lower().replace(",", "").replace(" ", "-")
        parts.append(f"| [{family.title}](#{anchor}) | {family.about} | {len(family.examples)} |\n")
    for family in families:
        parts.append(f"\n## {family.title}\n\n{family.about}\n\n")
        parts.append("| text | reading | example |\n| --- | --- | --- |\n")
        for example in family.examples:
            parts.append(f"| {_text(example)} | {_answer(example)} | {_remark(example, family.name)} |\n")
    return "".join(parts)


def _text(example: Example) -> str:
    lines = [_escape(line) for line in example.text.strip("\n").split("\n")]
    changed = [_escape(str(value)) for value in _context(example)]
    around = f"*{'; '.join(changed)}*<br>" if changed else ""
    return around + "<br>".join(line.replace("\t", " ⇥ ") for line in lines)


def _context(example: Example) -> list[str]:
    """What differs from the plain surroundings of a document example."""
    if example.reader != "document":
        return []
    context = example.context
    found = []
    if context["kind"] != "plan" or str(context["date"]) != "2021-02-05" or context["province"] != "tỉnh Cà Mau":
        found.append(f"{context['kind']}, {context['province']}, {context['date']}")
    if context["title"] != "Phát triển kinh tế - xã hội":
        found.append(str(context["title"]))
    if context["headings"] != ["I. MỤC TIÊU"]:
        found.append(" / ".join(context["headings"] or ["no heading"]))
    return found


def _answer(example: Example) -> str:
    answer = example.answer
    if example.reader == "number":
        return "no number" if answer["value"] is None else _number(answer["value"])
    if example.reader in ("sentences", "blocks"):
        return "<br>".join(_escape(line) for line in answer[example.reader]).replace("\t", " ⇥ ")
    if example.reader == "times":
        return "<br>".join(_time(time) for time in answer["times"]) or "no time"
    lines = [_row(row) for row in answer.get("rows") or ()] or ["no row"]
    for state in answer.get("commitments") or ():
        lines.append(f"end state “{_escape(state if isinstance(state, str) else ' … '.join(state))}”")
    lines += [f"*{reason}*" for reason in answer.get("refused") or ()]
    return "<br>".join(lines)


def _time(time: Mapping[str, Any]) -> str:
    years = f"{time['period_start']}–{time['year']}" if time.get("period_start") else str(time["year"])
    return f"{time['role']} {years}"


def _row(row: Mapping[str, Any]) -> str:
    if row.get("comparator") == "between":
        value = f"{_number(row['value'])} – {_number(row['value_max'])}"
    else:
        value = _SIGNS[row.get("comparator", "eq")] + _number(row["value"])
    parts = [f"**{value}**"]
    if "unit" in row:
        parts.append(row["unit"] + (f" / {row['per']}" if row.get("per") else ""))
    parts += [str(row[key]) for key in ("change",) if row.get(key)]
    if "year" in row:
        start = f"{row['period_start']}–" if row.get("period_start") else ""
        parts.append("no year" if row["year"] is None else f"{start}{row['year']}")
    parts += [str(row[key]) for key in ("year_basis", "value_basis") if row.get(key)]
    if row.get("baseline_year"):
        parts.append(f"against {row['baseline_year']}")
    if row.get("levels"):
        parts.append("+".join(row["levels"]))
    place = [str(row[key]) for key in ("territory", "territory_level") if row.get(key)]
    if place:
        parts.append("of " + " ".join(place))
    for key in ("label", "context"):
        if words := row.get(key):
            phrase = "“" + " … ".join([words] if isinstance(words, str) else words) + "”"
            parts.append(phrase if key == "label" else f"under {phrase}")
    return _escape(", ".join(parts), keep="*")


def _number(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".").replace(",", " ") if value % 1 else f"{value:,.0f}".replace(",", " ")


def _remark(example: Example, family: str) -> str:
    parts = [example.id]
    if family == OPEN:
        parts.append(f"({example.family}) {example.cause}")
    if example.note:
        parts.append(example.note)
    return _escape(". ".join(part.rstrip(".") for part in parts))


def _escape(text: str, keep: str = "") -> str:
    for sign in "|*<>_`":
        if sign not in keep:
            text = text.replace(sign, f"&#{ord(sign)};")
    return text


def main(arguments: Sequence[str] = ()) -> None:
    """Write the page."""
    TARGET.write_text(render(load_families()), encoding="utf-8")
    print(f"{TARGET}: {sum(len(family.examples) for family in load_families())} examples")


if __name__ == "__main__":
    main(sys.argv[1:])
