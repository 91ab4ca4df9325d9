"""Reads one text of a request. What is wrong with it is that text's error and not the request's."""

from model.errors import TextError
from model.records import TextInput
from model.text import check_text
from service.api.errors import InvalidItemError

_FIELDS = frozenset({"id", "text", "context"})


def read_item(item: object, *, max_chars: int) -> TextInput:
    """Return the text in `item`: a string, or an object with `text` and perhaps `context` and `id`.

    Raises:
        TextError: it cannot be scored; the message says why without quoting it.
    """
    if not isinstance(item, dict):
        return read_text(item, None, max_chars=max_chars)
    if not item.keys() <= _FIELDS:
        raise InvalidItemError("a field that is not known; an item has text, and may have context and id")
    if "text" not in item:
        raise InvalidItemError("text is missing")
    if item.get("id") is not None and item_id(item) is None:
        raise InvalidItemError("id must be a string of valid Unicode, or null")
    return read_text(item["text"], item.get("context"), max_chars=max_chars, id=item_id(item))


def read_text(text: object, context: object, *, max_chars: int, id: str | None = None) -> TextInput:  # noqa: A002
    """Return a text with its context, either of at most `max_chars` characters; a blank context is none.

    Raises:
        TextError: as `read_item` does.
    """
    checked = check_text(text, max_chars=max_chars)
    if context is None or (isinstance(context, str) and not context.strip()):
        return TextInput(checked, id=id)
    try:
        return TextInput(checked, context=check_text(context, max_chars=max_chars), id=id)
    except TextError as error:
        raise type(error)(f"context: {error}") from error


def item_id(item: object) -> str | None:
    """Return the caller's id of an item where it can be given back, else None."""
    found = item.get("id") if isinstance(item, dict) else None
    if not isinstance(found, str):
        return None
    try:
        found.encode()
    except UnicodeEncodeError:
        return None
    return found
