"""`POST /v1/classify`: our own route, one result for each text."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response

from model.errors import TextError
from model.records import TextInput
from service.api.errors import InvalidRequestError, urn
from service.api.items import item_id, read_item
from service.api.schemas import CLASSIFY_EXAMPLES, PROBLEMS, ClassifyRequest, ClassifyResponse
from service.api.state import ServicesDep
from service.api.work import score, timed_response
from service.batcher import Answer
from service.settings import Settings

router = APIRouter(tags=["stance"])


@router.post("/v1/classify", response_model=ClassifyResponse, responses=PROBLEMS)
async def classify(
    body: Annotated[ClassifyRequest, Body(openapi_examples=CLASSIFY_EXAMPLES)],
    request: Request,
    services: ServicesDep,
) -> Response:
    """Label texts. A text that cannot be scored gets an `error` in its place and costs its neighbours nothing."""
    _check(body, services.settings)
    items = [_read(item, max_chars=services.settings.max_text_chars) for item in body.texts]
    texts = [item for item in items if isinstance(item, TextInput)]
    if not texts:
        fields = {f"/texts/{index}": str(error) for index, error in enumerate(items)}
        raise InvalidRequestError("none of the texts can be scored; see errors", fields=fields)
    answer = await score(texts, request=request, services=services, split=body.split, explain=body.explain)
    content = _content(body.texts, items, answer)
    return timed_response(content, answer.timing)


def _check(body: ClassifyRequest, settings: Settings) -> None:
    if len(body.texts) > settings.max_texts:
        fields = {"/texts": f"{len(body.texts):,} texts; the limit is {settings.max_texts:,}"}
        raise InvalidRequestError("too many texts; send them in several requests", fields=fields)


def _read(item: object, *, max_chars: int) -> TextInput | TextError:
    try:
        return read_item(item, max_chars=max_chars)
    except TextError as error:
        return error


def _content(sent: list[Any], items: list[TextInput | TextError], answer: Answer) -> dict[str, Any]:
    scored = iter(answer.texts)
    results = [
        next(scored).prediction.to_dict() if isinstance(item, TextInput) else _failed(index, sent[index], item)
        for index, item in enumerate(items)
    ]
    return {
        "model": {"name": answer.model.name, "version": answer.model.version},
        "results": results,
        "counts": {"ok": len(answer.texts), "failed": len(items) - len(answer.texts)},
    }


def _failed(index: int, sent: object, error: TextError) -> dict[str, Any]:
    about = {"type": urn(error.kind), "title": error.title, "detail": str(error)}
    return {"index": index, "id": item_id(sent), "error": about}
