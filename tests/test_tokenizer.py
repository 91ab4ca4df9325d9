"""Windows over long texts, with their context, under the layouts of several families of encoders."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import TINY_LAYOUT, WORDS
from encoders import bert, deberta, roberta, with_its_own_limits
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from model.errors import SettingsError
from model.records import TextInput
from model.text import normalize
from model.tokenizer import InputLayout, StanceTokenizer, Window

TOKENIZERS = [bert(), roberta(), deberta(), with_its_own_limits()]
LAYOUTS = [InputLayout(32, 8, 8, 1_000), InputLayout(20, 0, 0, 1_000), InputLayout(30, 15, 10, 3)]
words = st.sampled_from([*WORDS.split(), "🙂", "Привет", "x" * 300, "&amp;", "\r\n", "’"])
texts = st.lists(words, max_size=120).map(" ".join)
tokenizers = st.sampled_from(TOKENIZERS)
layouts = st.sampled_from(LAYOUTS)


def under(layout: InputLayout, tokenizer: Tokenizer) -> StanceTokenizer:
    return StanceTokenizer(Tokenizer.from_str(tokenizer.to_str()), layout=layout)


def token_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """What the tokenizer makes of the whole text, with no window and no special token."""
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer.encode(normalize(text), add_special_tokens=False).ids


def segments(window: Window) -> tuple[list[int], list[int]]:
    """The window's text and context, without special tokens."""
    separator = window.input_ids[-1]
    end = window.input_ids.index(separator)
    return window.input_ids[1:end], [token for token in window.input_ids[end:] if token != separator]


@given(tokenizers, layouts, texts, st.one_of(st.none(), texts))
def test_the_windows_together_show_the_whole_text_unless_flagged(
    tokenizer: Tokenizer, layout: InputLayout, text: str, context: str | None
) -> None:
    (encoded,) = under(layout, tokenizer).encode([TextInput(text, context=context)])
    first, *others = [segments(window)[0] for window in encoded.windows]
    shown = first + [token for part in others for token in part[layout.overlap :]]
    whole = token_ids(tokenizer, text)
    assert shown == (whole[: len(shown)] if encoded.truncated else whole)
    assert encoded.truncated == (len(shown) < len(whole))


@given(tokenizers, layouts, texts, st.one_of(st.none(), texts))
def test_weights_count_the_tokens_that_a_window_is_the_first_to_show(
    tokenizer: Tokenizer, layout: InputLayout, text: str, context: str | None
) -> None:
    (encoded,) = under(layout, tokenizer).encode([TextInput(text, context=context)])
    shared = [0] + [layout.overlap] * (len(encoded.windows) - 1)
    new = [len(segments(window)[0]) - overlap for window, overlap in zip(encoded.windows, shared, strict=True)]
    assert [window.weight for window in encoded.windows] == [max(1, count) for count in new]
    assert all(new[1:])


@given(tokenizers, layouts, texts, texts)
def test_no_window_is_longer_than_the_layout_allows(
    tokenizer: Tokenizer, layout: InputLayout, text: str, context: str
) -> None:
    (encoded,) = under(layout, tokenizer).encode([TextInput(text, context=context)])
    assert 1 <= len(encoded.windows) <= layout.max_windows
    assert max(map(len, encoded.windows)) <= layout.max_tokens
    assert all(len(window.type_ids) == len(window) for window in encoded.windows)
    assert encoded.tokens == sum(map(len, encoded.windows))


@given(tokenizers, layouts, texts, texts)
def test_every_window_has_the_beginning_of_the_context(
    tokenizer: Tokenizer, layout: InputLayout, text: str, context: str
) -> None:
    (encoded,) = under(layout, tokenizer).encode([TextInput(text, context=context)])
    shown = [segments(window)[1] for window in encoded.windows]
    whole = token_ids(tokenizer, context)
    assert all(part == shown[0] for part in shown)
    assert len(shown[0]) <= layout.context_tokens
    assert bool(shown[0]) == bool(whole and layout.context_tokens)
    if len(whole) <= layout.context_tokens:
        assert shown[0] == whole


@given(st.lists(texts, max_size=6))
def test_each_text_is_encoded_as_if_it_were_alone(several: list[str]) -> None:
    tokenizer = under(LAYOUTS[0], TOKENIZERS[0])
    inputs = [TextInput(text) for text in several]
    assert tokenizer.encode(inputs) == [tokenizer.encode([item])[0] for item in inputs]


def test_a_context_is_marked_as_second_segment_where_the_encoder_tells_them_apart() -> None:
    tokenizer = under(TINY_LAYOUT, bert())
    (encoded,) = tokenizer.encode([TextInput("i agree", context="lift the sanctions")])
    (window,) = encoded.windows
    text, context = segments(window)
    assert window.type_ids == [0] * (len(text) + 2) + [1] * (len(context) + 1)


def test_roberta_has_no_segment_types() -> None:
    (encoded,) = under(TINY_LAYOUT, roberta()).encode([TextInput("i agree", context="lift the sanctions")])
    assert set(encoded.windows[0].type_ids) == {0}


@pytest.mark.parametrize("context", [None, "", "  ", "\u200b"])
def test_an_empty_context_is_none(context: str | None) -> None:
    tokenizer = under(TINY_LAYOUT, bert())
    assert tokenizer.encode([TextInput("no deal", context=context)]) == tokenizer.encode([TextInput("no deal")])


def test_an_empty_text_gets_one_window_of_special_tokens() -> None:
    (encoded,) = under(TINY_LAYOUT, bert()).encode([TextInput("")])
    assert [len(window) for window in encoded.windows] == [2]
    assert not encoded.truncated


def test_no_texts_give_no_encodings() -> None:
    assert under(TINY_LAYOUT, bert()).encode([]) == []


def test_it_is_safe_to_share_between_threads() -> None:
    tokenizer = under(TINY_LAYOUT, bert())
    inputs = [TextInput(f"no deal {'trap ' * count}", context="lift the sanctions " * count) for count in range(40)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(tokenizer.encode, [inputs] * 8))
    assert results == [tokenizer.encode(inputs)] * 8


def test_loading_reads_a_tokenizer_file(tiny_model: Path) -> None:
    tokenizer = StanceTokenizer.load(tiny_model / "tokenizer.json", layout=TINY_LAYOUT)
    (window,) = tokenizer.encode([TextInput("no deal")])[0].windows
    assert max(window.input_ids) < tokenizer.vocabulary_size
    assert (window.input_ids[0], window.input_ids[-1]) == (2, 3)  # [CLS] and [SEP] of the fixture


@pytest.mark.parametrize(
    "lengths",
    [(32, 32, 0, 1), (32, 0, 32, 1), (32, 16, 12, 1), (32, -1, 0, 1), (32, 0, -1, 1), (32, 8, 8, 0), (0, 0, 0, 1)],
)
def test_a_layout_whose_windows_could_not_move_on_is_refused(lengths: tuple[int, int, int, int]) -> None:
    with pytest.raises(SettingsError, match="InputLayout"):
        InputLayout(*lengths)
