"""What a labelling configuration of Label Studio says of us: where the text is, and what its choices are called.

<Text name="text" value="$comment"/>                   to_name, and the field of a task's data
<Choices name="stance" toName="text">                  from_name
  <Choice value="Against" alias="skeptical"/> ...      a stance by its value or its alias, in any case
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from model.labels import LABELS, Stance
from service.api.errors import InvalidRequestError

_TEXT_TAGS = ("Text", "HyperText", "Paragraphs")
_TAG = re.compile(r"<[^<>]*>")
# Where Label Studio puts the text of a task that was imported without a field name.
_UNNAMED = "$undefined$"
_NEEDED = (
    'needs <Choices name="stance" toName="text"> with a <Choice> whose value or alias is skeptical, one for '
    'supportive and one for neutral, and the <Text name="text" value="$text"/> that it is about (or HyperText, '
    'or Paragraphs; not with valueType="url")'
)


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """The control and the object that we fill; `choices` are written as annotations hold them."""

    from_name: str
    to_name: str
    choices: Mapping[Stance, str]
    source: Element

    def text_of(self, data: Mapping[str, Any]) -> object:
        """Return the text of a task; what is none is returned as it is."""
        found = data.get(self._field, data.get(_UNNAMED))
        if self.source.tag == "HyperText" and isinstance(found, str):
            return _TAG.sub(" ", found)
        if self.source.tag == "Paragraphs" and isinstance(found, list):
            key = self.source.get("textKey", "text")
            said = (part.get(key) for part in found if isinstance(part, dict))
            return "\n\n".join(words for words in said if isinstance(words, str))
        return found

    def context_of(self, data: Mapping[str, Any]) -> str | None:
        """Return the field `context` of a task, where that holds a string and is not the text itself."""
        found = data.get("context")
        return found if isinstance(found, str) and self._field != "context" else None

    def stance_of(self, choices: list[Any]) -> Stance | None:
        """Return the stance that was chosen; None where that was no stance, or more than one."""
        found = [stance for stance, written in self.choices.items() if written in choices]
        return found[0] if len(found) == 1 else None

    @property
    def _field(self) -> str:
        return self.source.get("value", "").removeprefix("$")


def parse_label_config(config: str, *, pointer: str) -> LabelConfig:
    """Return the first control in `config` that offers all stances for a text.

    Raises:
        InvalidRequestError: there is none, or it is no XML; `pointer` is named as the place.
    """
    root = _parse(config, pointer)
    sources = {element.get("name"): element for element in root.iter() if _holds_text(element)}
    for control in root.iter("Choices"):
        choices = _choices(control)
        from_name = control.get("name")
        to_name = next((name for name in control.get("toName", "").split(",") if name in sources), None)
        if from_name and to_name and len(choices) == len(LABELS):
            return LabelConfig(from_name, to_name, choices, sources[to_name])
    raise _refused(pointer, _NEEDED)


def _parse(config: str, pointer: str) -> Element:
    # Only a document type can declare entities, which may grow without bound or name files.
    if "<!DOCTYPE" in config:
        raise _refused(pointer, "has a <!DOCTYPE>, which a labelling configuration does not need; remove it")
    try:
        return ElementTree.fromstring(config)  # noqa: S314 - no document type gets here
    except ElementTree.ParseError as error:
        raise _refused(pointer, f"is not well-formed XML (line {error.position[0]})") from error


def _refused(pointer: str, why: str) -> InvalidRequestError:
    return InvalidRequestError("the labelling configuration cannot be used", fields={pointer: why})


def _holds_text(element: Element) -> bool:
    held_here = element.get("valueType") != "url"
    return element.tag in _TEXT_TAGS and held_here and element.get("value", "").startswith("$")


def _choices(control: Element) -> dict[Stance, str]:
    """In results an alias stands in the place of the value."""
    found = {}
    for choice in control.iter("Choice"):
        names = [name for name in (choice.get("alias"), choice.get("value")) if name]
        stance = next((name.strip().lower() for name in names if name.strip().lower() in LABELS), None)
        if stance:
            found[Stance(stance)] = names[0]
    return found
