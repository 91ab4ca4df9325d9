"""Normalization and the checks before scoring."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import EmptyTextError, InvalidTextError, TextTooLongError
from model.text import check_text, has_words, normalize

FRAGMENTS = ["&amp;", "&lt;", "amp;", "#38;", "＆", "\u200b", "@", "@bob", "www.", "http://", "x", " ", "\r\n"]
FRAGMENTS += ["e", "\u0301", "ﬁ", "㍿", "🙂", "\ud83d", "\0", "Привет", "&#x200B;", "&nbsp;", "'", "\u2034", "\u2019"]
messy_texts = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join))


@given(messy_texts)
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(messy_texts)
def test_a_normalized_text_holds_nothing_invisible_and_no_stray_space(text: str) -> None:
    normalized = normalize(text)
    assert not [char for char in normalized if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn")]
    assert normalized == " ".join(normalized.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Talk to Moscow!", "Talk to Moscow!"),
        ("  no\tdeal \r\n\r\n ever ", "no deal ever"),
        ("Tom &amp; Jerry say &quot;no&quot;", 'Tom & Jerry say "no"'),
        ("twice escaped &amp;gt; quote", "twice escaped > quote"),
        ("see https://example.org/a?b=c and WWW.example.org", "see http and http"),
        ("@some_body is right", "@user is right"),
        ("mail a@b.org", "mail a@b.org"),
        ("ｆｕｌｌ 𝐛𝐨𝐥𝐝", "full bold"),
        ("sanc\u00adtions\u200b", "sanctions"),
        ("cut \ud83d here", "cut here"),
        ("мир 🙂", "мир 🙂"),
        ("\u200b \ufeff", ""),
        ("It\u2019s \u201cfine\u201d, 5\u2033 \u2018long\u00b4", "It's \"fine\", 5\" 'long'"),
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert normalize(text) == expected


def test_thousands_of_nested_escapes_are_given_up_on_quickly() -> None:
    assert normalize("&" + "amp;" * 5_000).startswith("&amp;amp;")


@pytest.mark.parametrize(
    ("normalized", "expected"),
    [("yes", True), ("да", True), ("@user http", False), ("!!! 🙂 42", False), ("", False), ("@user no", True)],
)
def test_has_words_counts_letters_outside_links_and_handles(normalized: str, expected: bool) -> None:
    assert has_words(normalized) is expected


def test_a_good_text_passes_unchanged() -> None:
    assert check_text(" Peace 🙂 ", max_chars=9) == " Peace 🙂 "


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, InvalidTextError, "expected a string, got NoneType"),
        (b"bytes", InvalidTextError, "expected a string, got bytes"),
        ("", EmptyTextError, "white space"),
        (" \n\t\u00a0", EmptyTextError, "white space"),
        ("ab\0c", InvalidTextError, "NUL character at offset 2"),
        ("abc\udc00", InvalidTextError, "lone surrogate at offset 3"),
        ("a" * 11, TextTooLongError, "11 characters; the limit is 10"),
    ],
)
def test_a_text_that_cannot_be_scored_is_refused_with_its_place(
    text: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check_text(text, max_chars=10)


def test_a_refusal_never_repeats_the_text() -> None:
    with pytest.raises(InvalidTextError) as caught:
        check_text("my secret\0", max_chars=100)
    assert "secret" not in str(caught.value)
