"""Phrases to indicators, by the examples of transform/corpus/matching.yml, and the properties of the matcher."""

from __future__ import annotations

import time
from importlib.resources import files

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.standard import load_standard
from transform.matching import CACHE_SIZE, Matcher, Query
from transform.vocabulary import VocabularyError, default_vocabulary

CHANGES = {"+": "increase", "-": "decrease"}


def examples() -> list[tuple[str, str, str, str | None, str]]:
    """(family, phrase, measure, indicator, context)"""
    families = yaml.safe_load(files("transform.corpus").joinpath("matching.yml").read_text(encoding="utf-8"))
    found = []
    for family, lines in families.items():
        for line in lines:
            phrase, measure, indicator, *context = (part.strip() for part in line.split(" | "))
            found.append((family, phrase, measure, None if indicator == "null" else indicator, " ".join(context)))
    return found


def query(phrase: str, measure: str, context: str = "") -> Query:
    change = CHANGES.get(measure[-1])
    dimension, _, per = measure.rstrip("+-").partition("/")
    return Query(phrase, dimension, per or None, change, context)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load_standard())


EXAMPLES = examples()


@pytest.mark.parametrize(
    ("phrase", "measure", "indicator", "context"),
    [example[1:] for example in EXAMPLES],
    ids=[f"{family}: {phrase} [{measure}]" for family, phrase, measure, _, _ in EXAMPLES],
)
def test_example(matcher: Matcher, phrase: str, measure: str, indicator: str | None, context: str) -> None:
    match = matcher.match(query(phrase, measure, context))
    assert match.indicator == indicator, match


def test_the_corpus_is_large_and_balanced() -> None:
    positive = sum(indicator is not None for _, _, _, indicator, _ in EXAMPLES)
    assert len(EXAMPLES) >= 300
    assert min(positive, len(EXAMPLES) - positive) >= 100


def test_expected_indicators_are_in_the_standard() -> None:
    assert {indicator for *_, indicator, _ in EXAMPLES if indicator} <= set(load_standard().indicators)


PHRASINGS = [(i.id, i.name_vi) for i in load_standard().indicators.values() if i.unit == "percent"]


def test_every_share_is_found_by_its_own_name(matcher: Matcher) -> None:
    """A name is not always telling (two things in one), so a few may be ambiguous, none may be taken for another."""
    found = {key: matcher.match(Query(name, "percent")).indicator for key, name in PHRASINGS}
    wrong = {key: other for key, other in found.items() if other not in (key, None)}
    assert not wrong
    assert sum(value is None for value in found.values()) <= 0.05 * len(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoá đơn điện tử", "hóa đơn điện tử"),
        ("thuỷ sản", "thủy sản"),
        ("kĩ năng số", "kỹ năng số"),
        ("DVCTT toàn trình", "dịch vụ công trực tuyến toàn trình"),
        ("công nghiệp - xây dựng", "công nghiệp và xây dựng"),
        ("họp đồng điện tử", "hợp đồng điện tử"),
        ("gia đinh", "gia đình"),
        ("bảo hiẻm y tế", "bảo hiểm y tế"),
        ("TỶ LỆ CHE PHỦ RỪNG", "tỉ lệ che phủ rừng"),
    ],
)
def test_spellings_give_the_same_concepts(one: str, other: str) -> None:
    vocabulary = default_vocabulary()
    assert vocabulary.phrase(one).concepts == vocabulary.phrase(other).concepts != ()


def test_a_correct_word_is_no_slip_of_another() -> None:
    """ "xây mới trường học" holds no "môi trường", although the letters agree."""
    assert "môi trường" not in default_vocabulary().phrase("xây mới trường học").concepts


def test_what_is_excepted_says_nothing() -> None:
    assert "mât5" not in default_vocabulary().phrase("hồ sơ (trừ hồ sơ mật) được xử lý").concepts


def test_negative_phrasing_rules_out(matcher: Matcher) -> None:
    for indicator in load_standard().indicators.values():
        for negative in indicator.negative_phrasings:
            match = matcher.match(
                Query(f"{indicator.name_vi} {negative}", load_standard().units[indicator.unit].dimension)
            )
            assert match.indicator != indicator.id, (indicator.id, negative)


@pytest.mark.parametrize(
    ("asked", "indicator"),
    [
        (
            Query("đô thị loại III thị xã Xanh Biếc", "count", sentence="01 đô thị loại III (thị xã Xanh Biếc)"),
            "urban_area_count",
        ),
        (Query("thu nội địa", "percent", context="Thu ngân sách tăng", sentence="thu nội địa chiếm 80%"), None),
        (
            Query(
                "tạo việc làm lao động",
                "person",
                context="Du lịch tạo việc làm cho 9.000 lao động",
                sentence="tạo việc làm cho 9.000 lao động",
            ),
            "tourism_jobs",
        ),
        (Query("tạo việc làm lao động", "person", sentence="tạo việc làm cho 9.000 lao động"), "jobs_created"),
        (
            Query(
                "đô thị",
                "percent",
                context="Cấp nước Dân số nông thôn dùng nước sạch 90%; đô thị đạt 99",
                sentence="đô thị đạt 99%",
            ),
            "clean_water_urban_share",
        ),
    ],
    ids=["bracketed name", "share is no growth", "clause names the sector", "no sector named", "cut context"],
)
def test_what_the_sentence_says_around_the_label(matcher: Matcher, asked: Query, indicator: str | None) -> None:
    match = matcher.match(asked)
    assert match.indicator == indicator, match


def test_reasons_name_phrasing_and_leftovers(matcher: Matcher) -> None:
    match = matcher.match(Query("trường mầm non tư thục có camera", "percent"))
    assert match.indicator is None
    assert any(reason.startswith("phrasing: ") for reason in match.reasons)
    assert any("not explained" in reason for reason in match.reasons)


def test_same_query_same_match_and_bounded_memory() -> None:
    matcher = Matcher(load_standard())
    first = matcher.match(Query("tỷ lệ che phủ rừng", "percent"))
    for number in range(50):
        matcher.match(Query(f"tỷ lệ che phủ rừng {number}", "percent"))
    assert matcher.match(Query("tỷ lệ che phủ rừng", "percent")) == first
    assert len(matcher._cache) <= CACHE_SIZE


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["percent", "vnd", "count", "", "nonsense"]), st.text(max_size=80))
def test_never_raises(text: str, dimension: str, context: str) -> None:
    match = _shared().match(Query(text, dimension, context=context))
    assert 0.0 <= match.score <= 1.0


_MATCHERS: list[Matcher] = []


def _shared() -> Matcher:
    if not _MATCHERS:
        _MATCHERS.append(Matcher(load_standard()))
    return _MATCHERS[0]


@pytest.mark.parametrize("shape", ["tỷ lệ ", "( ", "hồ sơ công việc ", "aăâ", "5 g ", "; : ", "của thuộc "])
def test_long_labels_take_time_in_proportion(shape: str) -> None:
    """Four times the text takes less than twelve times the time: nothing grows with the square."""
    matcher = _shared()

    def seconds(size: int) -> float:
        label = shape * (size // len(shape))
        started = time.perf_counter()
        matcher._match(Query(label, "percent"))
        return time.perf_counter() - started

    seconds(1_000)
    small = min(seconds(20_000) for _ in range(3))
    assert min(seconds(80_000) for _ in range(2)) < max(12 * small, 0.05)


def test_vocabulary_errors_name_file_line_and_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    import transform.vocabulary as module

    def rows(name: str, columns: tuple[str, ...]):  # type: ignore[no-untyped-def]
        if name == "groups.csv":
            yield 7, {"group": "area", "members": "no such concept"}
        else:
            yield from original(name, columns)

    original = module._rows
    monkeypatch.setattr(module, "_rows", rows)
    with pytest.raises(VocabularyError, match=r"groups.csv, line 7.*add it"):
        module.load_vocabulary()
