"""Leaving out each word in turn."""

from hypothesis import given
from hypothesis import strategies as st

from model.occlusion import MAX_CHARS, MAX_PARTS, Occlusion, occlude

sources = st.one_of(st.text(), st.lists(st.sampled_from(["a", "мир", "🙂", "\ud83d", "\0", "don't"])).map(" \n".join))


@given(source=sources)
def test_every_character_but_white_space_is_left_out_once(source: str):
    left_out = [index for part in occlude(source) for index in range(part.start, part.end)]
    assert left_out == sorted(set(left_out))
    assert {index for index, char in enumerate(source) if not char.isspace()} <= set(left_out)


@given(source=sources)
def test_the_rest_is_the_source_without_the_part(source: str):
    for part in occlude(source):
        assert part.rest == source[: part.start] + source[part.end :]
        assert len(part.rest) < len(source)


def test_a_part_is_a_word():
    assert occlude("No  deal.") == [Occlusion(0, 2, "  deal."), Occlusion(4, 9, "No  ")]


def test_no_word_is_no_part():
    assert occlude(" \n") == occlude("") == []


def test_a_long_text_has_parts_of_several_words():
    parts = occlude("word " * 1_000)
    assert len(parts) <= MAX_PARTS
    assert sum(len(part.rest) for part in parts) <= MAX_CHARS
    assert max(part.end - part.start for part in parts) < 2 * min(part.end - part.start for part in parts) + 5


def test_the_longest_text_is_one_part():
    assert [(part.start, part.end, part.rest) for part in occlude("x " * MAX_CHARS)] == [(0, 2 * MAX_CHARS - 1, " ")]
