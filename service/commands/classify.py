"""`stance classify`: labels a few texts, here and now."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from model.errors import SettingsError, StanceError, TextError
from model.records import Attribution, Prediction, TextInput
from model.text import check_text
from service.commands.model_options import model_options
from service.dumps.json_text import to_json
from service.settings import read_settings

if TYPE_CHECKING:
    from model.classifier import Split, StanceClassifier

_SHOWN_CHARS = 60
_SHOWN_PARTS = 5


@click.command()
@click.argument("texts", metavar="TEXT...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--context", metavar="TEXT", help="What the texts answer: a parent comment or a title.")
@click.option("--split", is_flag=True, help="Label each paragraph too.")
@click.option("--explain", is_flag=True, help="Show the words that the label hangs on.")
@model_options
def classify(
    texts: tuple[str, ...], as_json: bool, context: str | None, split: bool, explain: bool, **flags: Any
) -> None:
    """Label texts given as arguments, or on standard input one a line.

    "unsure" marks a label that should not be trusted: too close to call, not English, or no words. With
    --explain, "+0.20 trap" says that the label would be 0.20 less probable without the word "trap".

    \b
    Example:
        stance classify "Talking to Moscow beats another cold war." "No deal with Putin will hold."
    """
    from service.loading import load_classifier

    settings = read_settings(**flags)
    sources = texts or _read_lines()
    if not sources:
        raise SettingsError("no text; give texts as arguments, or pipe them in, one a line")
    items = [_checked(text, context=context, max_chars=settings.max_text_chars) for text in sources]
    classifier = load_classifier(settings)
    results = _results(classifier, items, split="paragraphs" if split else "none", explain=explain)
    click.echo("\n".join(_json_lines(results)) if as_json else _table(sources, results))
    if all(isinstance(result, TextError) for result in results):
        raise StanceError("none of the texts can be labelled")


def _read_lines() -> tuple[str, ...]:
    if sys.stdin.isatty():
        return ()
    # Bytes that are not UTF-8 become lone surrogates, which the check of the text names.
    lines = sys.stdin.buffer.read().decode("utf-8-sig", "surrogateescape").split("\n")
    return tuple(line.rstrip("\r") for line in lines if line.strip())


def _checked(text: str, *, context: str | None, max_chars: int) -> TextInput | TextError:
    try:
        return TextInput(check_text(text, max_chars=max_chars), context=context)
    except TextError as error:
        return error


def _results(
    classifier: "StanceClassifier", items: Sequence[TextInput | TextError], *, split: "Split", explain: bool
) -> list[Prediction | TextError]:
    texts = [item for item in items if isinstance(item, TextInput)]
    predictions = iter(classifier.classify(texts, split=split, explain=explain))
    return [next(predictions) if isinstance(item, TextInput) else item for item in items]


def _json_lines(results: Sequence[Prediction | TextError]) -> Iterator[str]:
    for index, result in enumerate(results):
        if isinstance(result, Prediction):
            yield to_json(result.to_dict())
        else:
            error = {"type": result.kind, "title": result.title, "detail": str(result)}
            yield to_json({"index": index, "id": None, "error": error})


def _table(sources: Sequence[str], results: Sequence[Prediction | TextError]) -> str:
    from tabulate import tabulate

    rows = [row for text, result in zip(sources, results, strict=True) for row in _rows(text, result)]
    # As they are: tabulate would take a text of digits for a number.
    return tabulate(rows, headers=["label", "confidence", "", "text"], disable_numparse=True, preserve_whitespace=True)


def _rows(text: str, result: Prediction | TextError) -> Iterator[tuple[str, ...]]:
    if isinstance(result, TextError):
        yield "-", "", "error", str(result)
        return
    yield result.label, f"{result.confidence:.2f}", "unsure" if result.abstained else "", _beginning(text)
    for part in _weightiest(result):
        yield "", f"{part.score:+.2f}", "", f"  {_beginning(text[part.start : part.end])}"
    for segment in result.segments or ():
        yield (
            f"  {segment.label}",
            f"{segment.confidence:.2f}",
            "",
            f"  {_beginning(text[segment.start : segment.end])}",
        )


def _weightiest(result: Prediction) -> list[Attribution]:
    """The words that do most for the label, and against it, the weightiest first."""
    return sorted(result.attributions or (), key=lambda part: -abs(part.score))[:_SHOWN_PARTS]


def _beginning(text: str) -> str:
    """One line, without what would steer the terminal."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _SHOWN_CHARS else f"{line[: _SHOWN_CHARS - 1]}…"
