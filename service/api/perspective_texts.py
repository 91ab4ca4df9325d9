"""Reads the comment of a Perspective request and what it answers."""

import json

from model.records import TextInput
from service.api.items import read_text
from service.api.perspective_schemas import CommentRequest, Context, TextEntry
from service.markup import strip_tags


def read_comment(body: CommentRequest, *, max_chars: int) -> TextInput:
    """Return the comment with its context, both without tags.

    Raises:
        TextError: it cannot be scored.
    """
    return read_text(_plain(body.comment, max_chars), _context(body.context, max_chars), max_chars=max_chars)


def _context(context: Context, max_chars: int) -> str:
    both = context.article_and_parent_comment
    # Coral sends addresses and ids of the comment as an entry, in JSON: nothing that a comment answers.
    entries = [entry for entry in context.entries[:1] if not _is_object(entry.text)]
    texts = (_plain(entry, max_chars) for entry in (both.parent_comment, both.article, *entries))
    return next((text for text in texts if text.strip()), "")


def _plain(entry: TextEntry, max_chars: int) -> str:
    """Text over the limit is left as it is, to be refused."""
    return strip_tags(entry.text) if entry.type == "HTML" and len(entry.text) <= max_chars else entry.text


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
