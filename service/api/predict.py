"""`POST /predict`: text-embeddings-inference's shape, and the Hugging Face Inference API's where `parameters` are sent.

The second is what `huggingface_hub.InferenceClient.text_classification` speaks: answers are nested
one level deeper than those of the first.
"""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Body, Request
from fastapi.responses import Response

from model.classifier import average_windows
from model.errors import TextTooLongError
from model.labels import LABELS
from model.records import TextInput
from service.api.errors import InvalidRequestError
from service.api.items import read_text
from service.api.schemas import PREDICT_EXAMPLES, LabelScore, PredictParameters, PredictRequest
from service.api.state import ServicesDep
from service.api.tei import TEI_ERRORS
from service.api.work import score, timed_response
from service.batcher import Scored
from service.settings import Settings
from service.waiting import RequestTooLargeError

router = APIRouter(tags=["compatible"])
_SHAPE = "must be a string, [text], [text, context], or a batch of those lists"


@router.post("/predict", response_model=list[LabelScore] | list[list[LabelScore]], responses=TEI_ERRORS)
async def predict(
    body: Annotated[PredictRequest, Body(openapi_examples=PREDICT_EXAMPLES)], request: Request, services: ServicesDep
) -> Response:
    """Label texts in the shape of text-embeddings-inference; labels are sorted by score."""
    nested = body.parameters is not None
    sequences = _hugging_face(body.inputs) if nested else _sequences(body.inputs)
    texts = _texts(sequences, services.settings)
    answer = await score(texts, request=request, services=services)
    if body.truncate is False and any(scored.prediction.truncated for scored in answer.texts):
        raise TextTooLongError("`inputs` is longer than the model reads; split it, or leave `truncate` out")
    rows = [_row(scored, body) for scored in answer.texts]
    batch = nested or isinstance(body.inputs[0], list)
    return timed_response(rows if batch else rows[0], answer.timing)


def _sequences(inputs: object) -> list[list[str]]:
    """Return lists of one text, or of a text and its context, from what text-embeddings-inference takes."""
    batch = [[inputs]] if isinstance(inputs, str) else inputs
    if isinstance(batch, list) and batch and isinstance(batch[0], str):
        batch = [batch]
    if not isinstance(batch, list) or not all(_is_sequence(sequence) for sequence in batch):
        raise InvalidRequestError(f"`inputs` {_SHAPE}", fields={"/inputs": _SHAPE})
    return batch


def _is_sequence(sequence: object) -> bool:
    return isinstance(sequence, list) and len(sequence) in (1, 2) and all(isinstance(part, str) for part in sequence)


def _hugging_face(inputs: object) -> list[list[str]]:
    """The Inference API takes a text or a list of texts, and knows no pairs."""
    texts = [inputs] if isinstance(inputs, str) else inputs
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidRequestError("`inputs` must be a string or a list of strings", fields={"/inputs": "wrong shape"})
    return [[text] for text in texts]


def _texts(sequences: list[list[str]], settings: Settings) -> list[TextInput]:
    if not sequences:
        raise InvalidRequestError("`inputs` cannot be empty", fields={"/inputs": "cannot be empty"})
    if len(sequences) > settings.max_texts:
        raise RequestTooLargeError(f"batch size {len(sequences)} > maximum allowed batch size {settings.max_texts}")
    return [
        read_text(*sequence, *[None] * (2 - len(sequence)), max_chars=settings.max_text_chars) for sequence in sequences
    ]


def _row(scored: Scored, body: PredictRequest) -> list[dict[str, Any]]:
    parameters = body.parameters or PredictParameters()
    function = parameters.function_to_apply or ("none" if body.raw_scores else "softmax")
    values = scored.prediction.scores if function == "softmax" else _raw_scores(scored, sigmoid=function == "sigmoid")
    ranked = sorted(values.items(), key=lambda pair: -pair[1])
    return [{"label": label, "score": value} for label, value in ranked[: parameters.top_k]]


def _raw_scores(scored: Scored, *, sigmoid: bool) -> dict[str, float]:
    """The logits of the whole text before calibration."""
    whole = scored.prepared.whole
    logits = average_windows(whole, scored.logits[: len(whole.windows)])
    values = 1 / (1 + np.exp(-logits)) if sigmoid else logits
    return {label.value: float(value) for label, value in zip(LABELS, values, strict=True)}
