"""`POST /classify`: the classification API of vLLM, which SGLang shares."""

import time
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response

from model.artifact import Manifest
from model.errors import ModelNotFoundError, TextError
from model.records import TextInput
from model.tokenizer import Encoded
from service.api.errors import InvalidRequestError
from service.api.items import read_text
from service.api.state import ServicesDep
from service.api.vllm_errors import VLLM_ERRORS
from service.api.vllm_schemas import VLLM_EXAMPLES, VllmRequest, VllmResponse
from service.api.work import score, timed_response
from service.batcher import Answer, Scored
from service.settings import Settings
from service.waiting import RequestTooLargeError

router = APIRouter(tags=["compatible"])
_SHAPE = "must be a text or a list of texts, and not empty; token ids are not taken, send the text that they stand for"


@router.post("/classify", response_model=VllmResponse, responses=VLLM_ERRORS)
async def classify(
    body: Annotated[VllmRequest, Body(openapi_examples=VLLM_EXAMPLES)], request: Request, services: ServicesDep
) -> Response:
    """Label texts in the shape of vLLM and SGLang; as there, one text that cannot be scored fails the request."""
    _check_model(body.model, services.host.current.classifier.manifest)
    texts = _texts(body.input, services.settings)
    answer = await score(texts, request=request, services=services)
    return timed_response(_content(answer), answer.timing)


def _check_model(wanted: str | None, served: Manifest) -> None:
    if wanted and wanted not in (served.name, served.version, served.reference):
        raise ModelNotFoundError(f"the model served here is {served.reference}; send that name, or leave `model` out")


def _texts(sent: object, settings: Settings) -> list[TextInput]:
    texts = [sent] if isinstance(sent, str) else sent
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise InvalidRequestError(f"`input` {_SHAPE}", fields={"/input": _SHAPE})
    if len(texts) > settings.max_texts:
        raise RequestTooLargeError(f"{len(texts):,} texts; the limit is {settings.max_texts:,}. Send several requests.")
    return [_read(text, index, settings) for index, text in enumerate(texts)]


def _read(text: str, index: int, settings: Settings) -> TextInput:
    try:
        return read_text(text, None, max_chars=settings.max_text_chars)
    except TextError as error:
        raise InvalidRequestError("a text cannot be scored", fields={f"/input/{index}": str(error)}) from error


def _content(answer: Answer) -> dict[str, Any]:
    tokens = sum(count_tokens(scored.prepared.whole) for scored in answer.texts)
    return {
        "id": f"classify-{uuid.uuid4().hex}",
        "object": "list",
        "created": int(time.time()),
        "model": answer.model.reference,
        "data": [_classification(index, scored) for index, scored in enumerate(answer.texts)],
        "usage": {
            "prompt_tokens": tokens,
            "total_tokens": tokens,
            "completion_tokens": 0,
            "prompt_tokens_details": None,
        },
    }


def _classification(index: int, scored: Scored) -> dict[str, Any]:
    probabilities = list(scored.prediction.scores.values())
    return {
        "index": index,
        "label": scored.prediction.label.value,
        "probs": probabilities,
        "num_classes": len(probabilities),
    }


def count_tokens(encoded: Encoded) -> int:
    """Tokens of a text that were read, as its tokenizer counts them for the text in one piece.

    Windows overlap and each has special tokens; here each token of the text counts once, and special tokens once.
    """
    first, *others = encoded.windows
    return len(first) + sum(window.weight for window in others)
