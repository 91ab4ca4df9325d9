"""The one normalization, and the checks a text must pass before it is scored."""

import html
import re
import unicodedata

from model.errors import EmptyTextError, InvalidTextError, TextTooLongError

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@\w+")
_SPACE = re.compile(r"\s+")
# What word processors and telephones put for ' and ": to the tokenizer other signs, to a reader the same.
_QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u2032\u00b4", "'") | dict.fromkeys("\u201c\u201d\u201e\u2033", '"')
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# Invisible in print, yet each becomes a token of its own: controls, format characters (zero-width
# space and joiners, direction marks, soft hyphen), lone surrogates and unassigned code points.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn"})
# Escapes within escapes ("&amp;lt;") come apart by one level a pass. Bounded, since a text may nest thousands.
_MAX_PASSES = 8


def normalize(text: str) -> str:
    """Return `text` as the model reads it, in training and in serving alike.

    HTML entities are decoded, compatibility forms (full-width and "fancy" letters) folded by NFKC, curly
    quotes made straight, invisible characters dropped and white space collapsed. Links become `http` and
    handles `@user`, as in TweetEval (Barbieri et al., 2020), so that no label can hang on an address or a name.
    Normalizing twice changes nothing more.
    """
    for _ in range(_MAX_PASSES):
        before, text = text, _normalize_once(text)
        if text == before:
            break
    return text


def has_words(normalized: str) -> bool:
    """True where a normalized text holds at least one letter that is not part of a link or handle."""
    rest = normalized.replace("@user", " ").replace("http", " ")
    return any(char.isalpha() for char in rest)


def _normalize_once(text: str) -> str:
    visible = _drop_invisible(unicodedata.normalize("NFKC", html.unescape(text).translate(_QUOTES)))
    return _SPACE.sub(" ", _HANDLE.sub("@user", _URL.sub("http", visible))).strip()


def _drop_invisible(text: str) -> str:
    if text.isprintable():  # then there is none; most texts leave here
        return text
    return "".join(char for char in text if char.isspace() or unicodedata.category(char) not in _INVISIBLE)


def check_text(text: object, *, max_chars: int) -> str:
    """Return `text` when it can be scored.

    Raises:
        InvalidTextError: not a string, or it holds NUL or lone surrogates.
        EmptyTextError: nothing in it but white space.
        TextTooLongError: more than `max_chars` code points.
    """
    if not isinstance(text, str):
        raise InvalidTextError(f"expected a string, got {type(text).__name__}")
    if len(text) > max_chars:
        raise TextTooLongError(
            f"{len(text):,} characters; the limit is {max_chars:,}. Split the text and send its parts."
        )
    if not text.strip():
        raise EmptyTextError("nothing but white space; leave the text out or fill it in")
    if "\0" in text:
        raise InvalidTextError(f"NUL character at offset {text.index(chr(0))}; remove it")
    if surrogate := _SURROGATE.search(text):
        raise InvalidTextError(
            f"lone surrogate at offset {surrogate.start()}; the text was cut inside a character or is not UTF-8"
        )
    return text
