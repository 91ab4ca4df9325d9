"""Splits an article into paragraphs without losing where each one stood."""

import re
from dataclasses import dataclass

# A blank line always ends a paragraph. A single line break does so only after the end of a sentence:
# pasted articles have one break between paragraphs, while hard-wrapped text breaks in mid-sentence.
# Line ends are atomic, or the `\r\n` of one break would also match as two.
_LINE_END = r"(?>\r\n|\r|\n)"
_BREAK = re.compile(rf"{_LINE_END}[^\S\r\n]*{_LINE_END}\s*|(?<=[.!?…\"'”’»)\]])[^\S\r\n]*{_LINE_END}\s*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`text == source[start:end]`; offsets count code points."""

    start: int
    end: int
    text: str


def split_paragraphs(source: str) -> list[Paragraph]:
    """Return the paragraphs of `source` in order; white space around them belongs to none.

    Every character that is not white space lies in exactly one paragraph.
    """
    paragraphs = []
    start = 0
    for end, following in [*((m.start(), m.end()) for m in _BREAK.finditer(source)), (len(source), len(source))]:
        block = source[start:end]
        text = block.strip()
        if text:
            offset = start + len(block) - len(block.lstrip())
            paragraphs.append(Paragraph(offset, offset + len(text), text))
        start = following
    return paragraphs
