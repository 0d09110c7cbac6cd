"""Charts: described with altair, drawn to SVG when the page is made, so that a page needs no script and no network."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

INK, QUIET, ACCENT, NATIONAL = "#1c2a33", "#5b6b75", "#0b6e75", "#b3261e"
_CLIP = re.compile(r"\bclip([0-9]+)\b")
LOCALE: dict[str, object] = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]}
FONT = "Segoe UI, Roboto, Noto Sans, Liberation Sans, DejaVu Sans, sans-serif"


@dataclass(frozen=True, slots=True)
class Point:
    """One province on a comparison: `high` is the upper end of a range, `shape` tells a bound from a value."""

    name: str
    value: float
    high: float | None
    comparator: str


SHAPES = {"ge": "triangle-right", "gt": "triangle-right", "le": "triangle-left", "lt": "triangle-left"}


def comparison(points: Sequence[Point], national: float | None, unit: str) -> str:
    """SVG: provinces from high to low, the national target as a line; triangles point the way a bound leaves open."""
    import altair as alt

    ordered = sorted(points, key=lambda p: (-p.value, p.name))
    rows = [
        {
            "name": p.name,
            "value": p.value,
            "high": p.high if p.high is not None else p.value,
            "shape": SHAPES.get(p.comparator, "circle"),
            "below": national is not None and p.value < national,
        }
        for p in ordered
    ]
    low = min(p.value for p in ordered)
    base = alt.Chart(_values(rows)).encode(
        y=alt.Y(
            "name:N",
            sort=[p.name for p in ordered],
            axis=alt.Axis(title=None, labelColor=INK, labelFontSize=12, domain=False, ticks=False, labelPadding=8),
        ),
    )
    axis = alt.Axis(
        title=unit or None,
        orient="top",
        grid=True,
        gridColor="#e6eaec",
        domain=False,
        ticks=False,
        labelColor=QUIET,
        titleColor=QUIET,
        titleFontWeight="normal",
        labelFontSize=11,
        tickCount=6,
    )
    scale = alt.Scale(zero=low >= 0, nice=True)
    ranges = base.mark_rule(strokeWidth=4, opacity=0.35, color=ACCENT).encode(
        x=alt.X("value:Q", axis=axis, scale=scale), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("value:Q", axis=axis, scale=scale),
        shape=alt.Shape("shape:N", scale=None),
        color=alt.condition("datum.below", alt.value("#c77700"), alt.value(ACCENT)),
    )
    layers = [ranges, dots]
    if national is not None:
        line = alt.Chart(_values([{"value": national}])).mark_rule(color=NATIONAL, strokeDash=[4, 3], strokeWidth=1.5)
        layers.append(line.encode(x=alt.X("value:Q", axis=axis, scale=scale)))
    return _svg(alt.layer(*layers).properties(width=430, height=alt.Step(19)))


def years(counts: Sequence[tuple[int, int]]) -> str:
    """SVG: how many targets are due in each year."""
    import altair as alt

    rows = [{"year": str(year), "count": count} for year, count in counts]
    base = alt.Chart(_values(rows)).encode(
        x=alt.X(
            "year:O",
            axis=alt.Axis(
                title=None,
                labelAngle=0,
                labelColor=QUIET,
                domainColor="#c8d0d4",
                ticks=False,
                labelFontSize=11,
                labelOverlap=True,
            ),
        ),
        y=alt.Y("count:Q", axis=None),
    )
    bars = base.mark_bar(color=ACCENT, cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
    labels = base.mark_text(dy=-7, color=INK, fontSize=11).encode(text="count:Q")
    return _svg((bars + labels).properties(width=470, height=150))


def _values(rows: list[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=rows)


def _svg(chart: object) -> str:
    import vl_convert

    configured = chart.configure_view(stroke=None).configure(font=FONT, background="transparent")  # type: ignore[attr-defined]
    spec = configured.to_dict(validate=False)
    return _own_ids(str(vl_convert.vegalite_to_svg(spec, format_locale=LOCALE)))


def _own_ids(svg: str) -> str:
    """The drawing numbers its clip paths through the life of a process; here they depend on the drawing alone."""
    numbers = dict.fromkeys(_CLIP.findall(svg))
    order = {number: str(place) for place, number in enumerate(numbers)}
    plain = _CLIP.sub(lambda match: "clip" + order[match.group(1)], svg)
    name = hashlib.sha256(plain.encode()).hexdigest()[:8]
    return _CLIP.sub(lambda match: f"clip-{name}-{match.group(1)}", plain)
