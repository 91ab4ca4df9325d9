"""Turns a text, with its context as second segment, into windows that the encoder can see whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Encoding, Tokenizer

from model.errors import SettingsError
from model.records import TextInput
from model.text import normalize

# The most that a known layout adds around a pair: RoBERTa's `<s> A </s></s> B </s>`.
_SPECIAL_TOKENS = 4


@dataclass(frozen=True, slots=True)
class InputLayout:
    """How a text is laid before the encoder; stored with the model, since weights and layout belong together.

    All lengths are in tokens. A text longer than `max_tokens` is read in windows of that length that
    share `overlap` tokens; what lies past window `max_windows` is cut, and then flagged.

    Raises:
        SettingsError: a length is out of range, or a window could not move on past context and overlap.
    """

    max_tokens: int = 256
    overlap: int = 64
    context_tokens: int = 64
    max_windows: int = 32

    def __post_init__(self) -> None:
        if min(self.overlap, self.context_tokens) < 0 or self.max_windows < 1:
            raise SettingsError(f"{self}: overlap and context_tokens must be 0 or more, max_windows 1 or more")
        if self.max_tokens <= self.context_tokens + self.overlap + _SPECIAL_TOKENS:
            raise SettingsError(
                f"{self}: max_tokens must exceed context_tokens + overlap + {_SPECIAL_TOKENS} special tokens"
            )


@dataclass(frozen=True, slots=True)
class Window:
    """One encoder input. `weight` is how many tokens of the text it is the first to show (at least 1)."""

    input_ids: list[int]
    type_ids: list[int]
    weight: int

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass(frozen=True, slots=True)
class Encoded:
    """All windows of one text, at least one; `truncated` where the text went on after the last."""

    windows: tuple[Window, ...]
    truncated: bool

    @property
    def tokens(self) -> int:
        return sum(map(len, self.windows))


class StanceTokenizer:
    """A `tokenizer.json` under a fixed input layout. Safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, *, layout: InputLayout) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._plain = tokenizer
        self._windowed = Tokenizer.from_str(tokenizer.to_str())
        self._windowed.enable_truncation(layout.max_tokens, stride=layout.overlap, strategy="only_first")
        self.layout = layout

    @classmethod
    def load(cls, path: Path, *, layout: InputLayout) -> "StanceTokenizer":
        return cls(Tokenizer.from_file(str(path)), layout=layout)

    @property
    def vocabulary_size(self) -> int:
        return self._plain.get_vocab_size(with_added_tokens=True)

    def encode(self, inputs: Sequence[TextInput]) -> list[Encoded]:
        """Return one `Encoded` for each input, in order. Empty texts get one window of special tokens."""
        pairs: list[str | tuple[str, str]] = []
        for item in inputs:
            context = self._cut_context(normalize(item.context)) if item.context else ""
            text = normalize(item.text)
            pairs.append((text, context) if context else text)
        return [self._windows(encoding) for encoding in self._windowed.encode_batch(pairs)]

    def _cut_context(self, context: str) -> str:
        """The beginning of the context only: it says what the text is about, and must leave room for it."""
        limit = self.layout.context_tokens
        if not limit:
            return ""
        # Once cut, the last word may fall into more tokens than it had: cut on until it fits.
        while len(encoding := self._plain.encode(context, add_special_tokens=False)) > limit:
            context = context[: min(encoding.offsets[limit - 1][1], len(context) - 1)]
        return context

    def _windows(self, encoding: Encoding) -> Encoded:
        parts = [encoding, *encoding.overflowing]
        kept = parts[: self.layout.max_windows]
        windows = tuple(
            Window(
                input_ids=part.ids,
                type_ids=part.type_ids,
                weight=max(1, part.sequence_ids.count(0) - (self.layout.overlap if index else 0)),
            )
            for index, part in enumerate(kept)
        )
        return Encoded(windows=windows, truncated=len(parts) > len(kept))
