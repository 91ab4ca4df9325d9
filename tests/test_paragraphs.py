"""Splitting into paragraphs with offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.paragraphs import split_paragraphs

PIECES = [
    "Talk.",
    "No deal",
    "мир",
    "🙂",
    "👩‍🚀",
    "e\u0301",
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    "\u00a0",
    "\u2029",
    '"',
    "?",
    "…",
]
sources = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@given(sources)
def test_every_visible_character_lies_in_exactly_one_paragraph(source: str) -> None:
    covered = [offset for part in split_paragraphs(source) for offset in range(part.start, part.end)]
    assert len(covered) == len(set(covered))
    assert set(covered) >= {offset for offset, char in enumerate(source) if not char.isspace()}


@given(sources)
def test_offsets_cut_the_paragraph_out_of_the_source(source: str) -> None:
    for part in split_paragraphs(source):
        assert part.text == source[part.start : part.end]
        assert part.text == part.text.strip() != ""


@given(sources)
def test_paragraphs_come_in_order(source: str) -> None:
    bounds = [bound for part in split_paragraphs(source) for bound in (part.start, part.end)]
    assert bounds == sorted(bounds)


@given(sources)
def test_a_blank_line_never_lies_inside_a_paragraph(source: str) -> None:
    for part in split_paragraphs(source):
        assert "\n\n" not in part.text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("One\r\n\r\nTwo", ["One", "Two"]),
        ("One\n \t\nTwo", ["One", "Two"]),
        ("One.\nTwo.", ["One.", "Two."]),
        ("One.”  \r\nTwo", ["One.”", "Two"]),
        ("wrapped in\nmid-sentence", ["wrapped in\nmid-sentence"]),
        ("wrapped in\r\nmid-sentence", ["wrapped in\r\nmid-sentence"]),
        ("wrapped in\rmid-sentence", ["wrapped in\rmid-sentence"]),
        (" \n\n ", []),
        ("", []),
    ],
)
def test_where_paragraphs_end(source: str, expected: list[str]) -> None:
    assert [part.text for part in split_paragraphs(source)] == expected


def test_offsets_count_code_points_beyond_the_basic_plane() -> None:
    second = split_paragraphs("🙂🙂.\n\nМир")[1]
    assert (second.start, second.end) == (5, 8)
