"""Every example of the corpora through the engine; known gaps (open.yml) are expected to fail until they are closed."""

from __future__ import annotations

import pytest
from reading_examples import mistakes

from extract.corpus.examples import OPEN, Example, load_families

REVIEWED = [example for family in load_families() if family.name != OPEN for example in family.examples]
GAPS = [example for family in load_families() if family.name == OPEN for example in family.examples]


def identity(example: Example) -> str:
    return f"{example.family}: {example.id}"


@pytest.mark.parametrize("example", REVIEWED, ids=identity)
def test_example(example: Example) -> None:
    assert mistakes(example) == [], f"extract/corpus/{example.family}.yml:{example.line}: {example.text}"


@pytest.mark.parametrize("example", GAPS, ids=identity)
def test_known_gap(example: Example, request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.xfail(reason=example.cause, strict=False))
    assert mistakes(example) == []
