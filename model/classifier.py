"""The one door: texts in, predictions out."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.artifact import EMBEDDED, FILES, Manifest, verify
from model.batching import Limits, collate, plan_batches, unique
from model.calibration import Calibration
from model.engines import Engine, load_engine
from model.errors import InvalidTextError
from model.labels import LABELS
from model.language import LanguageGuesser
from model.occlusion import Occlusion, occlude
from model.paragraphs import Paragraph, split_paragraphs
from model.records import Attribution, Prediction, Segment, TextInput
from model.text import has_words, normalize
from model.tokenizer import Encoded, StanceTokenizer, Window

Split = Literal["none", "paragraphs"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text ready for the engine: all that is done before inference, and needs no engine."""

    source: TextInput
    whole: Encoded
    paragraphs: tuple[tuple[Paragraph, Encoded], ...] | None
    occlusions: tuple[tuple[Occlusion, Encoded], ...] | None
    language: str | None
    has_words: bool

    @property
    def windows(self) -> tuple[Window, ...]:
        """Every window the engine must see: of the whole text, then of each paragraph, then of each occlusion."""
        parts = [self.whole, *(encoded for _, encoded in (*(self.paragraphs or ()), *(self.occlusions or ())))]
        return tuple(window for part in parts for window in part.windows)


class StanceClassifier:
    """Labels texts with a loaded model.

    `classify` is all that most callers need. A server that batches across requests calls its three
    steps itself: `prepare` (any thread), `run` (one thread at a time), `conclude` (any thread).
    """

    def __init__(
        self,
        *,
        engine: Engine,
        tokenizer: StanceTokenizer,
        manifest: Manifest,
        pad_id: int,
        language: LanguageGuesser,
    ) -> None:
        self.engine = engine
        self.manifest = manifest
        self._tokenizer = tokenizer
        self._pad_id = pad_id
        self._language = language

    @classmethod
    def load(
        cls, directory: Path = EMBEDDED, *, engine: str = "auto", threads: int | None = None
    ) -> "StanceClassifier":
        """Verify and load a model directory; without one, the embedded model.

        Raises:
            ModelNotFoundError, ModelCorruptError: see `model.artifact.verify`.
            SettingsError, MissingExtraError: see `model.engines.load_engine`.
        """
        manifest = verify(directory)
        config = json.loads((directory / FILES.config).read_text(encoding="utf-8"))
        with ThreadPoolExecutor(1) as pool:  # unpacking it takes as long as all the rest
            language = pool.submit(LanguageGuesser)
            return cls(
                engine=load_engine(directory, name=engine, threads=threads, precisions=manifest.precisions),
                tokenizer=StanceTokenizer.load(directory / FILES.tokenizer, layout=manifest.layout),
                manifest=manifest,
                pad_id=config.get("pad_token_id") or 0,
                language=language.result(),
            )

    def with_calibration(self, calibration: Calibration) -> "StanceClassifier":
        """Return the same model under another calibration; engine and tokenizer are shared."""
        other = copy(self)
        other.manifest = replace(self.manifest, calibration=calibration)
        return other

    def classify(
        self, texts: Sequence[str | TextInput], *, split: Split = "none", explain: bool = False
    ) -> list[Prediction]:
        """Return one prediction for each text, in the same order.

        No string is refused: one without words is labelled too, and abstained on. With
        `split="paragraphs"` each prediction also carries the stance of each paragraph; with `explain`, what each
        word does for the label, at the cost of reading the text once more for each (see `model.occlusion`).

        Raises:
            InvalidTextError: an item is neither a string nor a `TextInput` of strings.
            EngineError: the engine failed.
        """
        prepared = self.prepare(texts, split=split, explain=explain)
        logits = self.run([window for item in prepared for window in item.windows])
        counts = [len(item.windows) for item in prepared]
        ends = accumulate(counts)
        return [
            self.conclude(item, logits[end - count : end])
            for item, count, end in zip(prepared, counts, ends, strict=True)
        ]

    def prepare(
        self, texts: Sequence[str | TextInput], *, split: Split = "none", explain: bool = False
    ) -> list[Prepared]:
        """Normalize, tokenize and guess the language of each text."""
        if isinstance(texts, str):  # a sequence of strings too: its characters
            raise InvalidTextError("expected a list of texts, got one string; put it in a list")
        inputs = [_as_input(text, index) for index, text in enumerate(texts)]
        paragraphs = [split_paragraphs(item.text) if split == "paragraphs" else [] for item in inputs]
        occlusions = [occlude(item.text) if explain else [] for item in inputs]
        parts = [
            TextInput(text, context=item.context)
            for item, found, left_out in zip(inputs, paragraphs, occlusions, strict=True)
            for text in (*(paragraph.text for paragraph in found), *(occlusion.rest for occlusion in left_out))
        ]
        encoded = iter(self._tokenizer.encode([*inputs, *parts]))
        wholes = [next(encoded) for _ in inputs]
        return [
            Prepared(
                source=item,
                whole=whole,
                paragraphs=tuple((part, next(encoded)) for part in found) if split == "paragraphs" else None,
                occlusions=tuple((part, next(encoded)) for part in left_out) if explain else None,
                language=self._language.guess(text := normalize(item.text)),
                has_words=has_words(text),
            )
            for item, whole, found, left_out in zip(inputs, wholes, paragraphs, occlusions, strict=True)
        ]

    def run(self, windows: Sequence[Window], *, limits: Limits | None = None) -> NDArray[np.float32]:
        """Return the logits of `windows`, shape (windows, labels), in the same order; those alike are run once."""
        distinct, places = unique(windows)
        logits = np.zeros((len(distinct), len(LABELS)), dtype=np.float32)
        lengths = [len(window) for window in distinct]
        for indices in plan_batches(lengths, limits=limits or self.engine.limits):
            batch = collate([distinct[index] for index in indices], pad_id=self._pad_id)
            logits[indices] = self.engine.run(batch)
        return logits[places]

    def conclude(self, prepared: Prepared, logits: NDArray[np.float32]) -> Prediction:
        """Turn the logits of `prepared.windows`, in that order, into the prediction."""
        rows = iter(logits)
        whole = _next_logits(prepared.whole, rows)
        probabilities = self.manifest.calibration.probabilities(whole)
        best = int(probabilities.argmax())
        confidence = float(probabilities[best])
        foreign = prepared.language not in (None, "en")
        return Prediction(
            id=prepared.source.id,
            label=LABELS[best],
            scores=_scores(probabilities),
            confidence=confidence,
            abstained=foreign or not prepared.has_words or self.manifest.calibration.abstains(confidence),
            language=prepared.language,
            truncated=prepared.whole.truncated,
            segments=self._segments(prepared, rows),
            attributions=self._attributions(prepared, rows, whole=whole, best=best),
        )

    def _segments(self, prepared: Prepared, rows: Iterator[NDArray[np.float32]]) -> tuple[Segment, ...] | None:
        if prepared.paragraphs is None:
            return None
        return tuple(
            self._segment(paragraph, self.manifest.calibration.probabilities(_next_logits(part, rows)))
            for paragraph, part in prepared.paragraphs
        )

    def _attributions(
        self, prepared: Prepared, rows: Iterator[NDArray[np.float32]], *, whole: NDArray[np.float64], best: int
    ) -> tuple[Attribution, ...] | None:
        """Differences before the curves of the calibration: where a text is sure these are flat and would hide them."""
        if prepared.occlusions is None:
            return None
        temper = self.manifest.calibration.temper
        before = float(temper(whole)[best])
        return tuple(
            Attribution(part.start, part.end, before - float(temper(_next_logits(encoded, rows))[best]))
            for part, encoded in prepared.occlusions
        )

    def _segment(self, paragraph: Paragraph, probabilities: NDArray[np.float64]) -> Segment:
        best = int(probabilities.argmax())
        return Segment(
            start=paragraph.start,
            end=paragraph.end,
            label=LABELS[best],
            scores=_scores(probabilities),
            confidence=float(probabilities[best]),
        )


def _next_logits(encoded: Encoded, rows: Iterator[NDArray[np.float32]]) -> NDArray[np.float64]:
    return average_windows(encoded, np.stack([next(rows) for _ in encoded.windows]))


def average_windows(encoded: Encoded, logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the logits of a text, shape (labels,): the mean over its windows, by how much new text each shows."""
    weights = [window.weight for window in encoded.windows]
    return np.asarray(np.average(logits, axis=0, weights=weights), dtype=np.float64)


def _as_input(text: str | TextInput, index: int) -> TextInput:
    item = TextInput(text) if isinstance(text, str) else text
    if not isinstance(item, TextInput):
        raise InvalidTextError(f"item {index}: expected a string or TextInput, got {type(text).__name__}")
    if not isinstance(item.text, str) or not isinstance(item.context, str | None):
        raise InvalidTextError(f"item {index}: text must be a string, and context a string or None")
    return item


def _scores(probabilities: NDArray[np.float64]) -> dict[str, float]:
    return {label.value: float(value) for label, value in zip(LABELS, probabilities, strict=True)}
