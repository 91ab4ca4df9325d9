"""`/v1/labels`: what people say of texts, and the texts that they should look at next."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from starlette.concurrency import run_in_threadpool

from model.errors import TextError
from model.labels import Stance
from model.records import TextInput
from service.api.errors import InvalidItemError, InvalidRequestError
from service.api.items import read_item, read_text
from service.api.label_schemas import (
    LABEL_EXAMPLES,
    PAGE,
    QUEUE_EXAMPLES,
    IdempotencyKey,
    LabelOut,
    LabelPage,
    LabelsIn,
    Name,
    Queued,
    QueueIn,
    QueuePage,
    QueueText,
    Stored,
)
from service.api.schemas import PROBLEMS
from service.api.state import Services, ServicesDep
from service.api.work import score
from service.store.idempotency import Once
from service.store.labels import Label, LabelFilter, NewLabel

router = APIRouter(prefix="/v1/labels", tags=["labels"])


@router.post("", status_code=201, responses=PROBLEMS)
async def submit(
    body: Annotated[LabelsIn, Body(openapi_examples=LABEL_EXAMPLES)],
    services: ServicesDep,
    request: Request,
    key: IdempotencyKey = None,
) -> Stored:
    """Store labels: all of them, or none and the reason. With an `Idempotency-Key` a request may be sent again."""
    labels = _read_labels(body, services)
    once = Once(client=request.state.client, key=key) if key else None
    ids = await run_in_threadpool(services.labels.add, labels, once=once)
    services.metrics.labelled(labels)
    return Stored(ids=ids)


@router.get("", responses=PROBLEMS)
async def read(
    services: ServicesDep,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Labels with greater ids only.")] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 100,
    label: Stance | None = None,
    source: Annotated[Name | None, Query(description="`api`, `page`, `perspective` or `label-studio`.")] = None,
    annotator: Name | None = None,
) -> LabelPage:
    """Read labels back, oldest first."""
    wanted = LabelFilter(label=label, source=source, annotator=annotator)
    found = await run_in_threadpool(services.labels.read, after=after, limit=limit, wanted=wanted)
    return LabelPage(labels=[_label_out(item) for item in found], next=found[-1].id if len(found) == limit else None)


@router.get("/queue", responses=PROBLEMS)
async def queue(services: ServicesDep, limit: Annotated[int, Query(ge=1, le=PAGE)] = 20) -> QueuePage:
    """The texts most worth labelling next: those on which the model is least sure, first."""
    found = await run_in_threadpool(services.review.read, limit=limit)
    texts = [QueueText(queue_id=item.id, id=item.text_id, **_without(asdict(item), "id", "text_id")) for item in found]
    return QueuePage(texts=texts, waiting=await run_in_threadpool(services.review.size))


@router.post("/queue", status_code=201, responses=PROBLEMS)
async def enqueue(
    body: Annotated[QueueIn, Body(openapi_examples=QUEUE_EXAMPLES)], request: Request, services: ServicesDep
) -> Queued:
    """Put texts into the review queue. They are kept until somebody labels them."""
    texts = _read_texts(body.texts, services)
    answer = await score(texts, request=request, services=services)
    predictions = [scored.prediction for scored in answer.texts]
    await run_in_threadpool(services.review.add, texts, predictions, model=answer.model.reference)
    return Queued(waiting=await run_in_threadpool(services.review.size))


def _read_labels(body: LabelsIn, services: Services) -> list[NewLabel]:
    _check_count(len(body.labels), "/labels", services)
    problems: dict[str, str] = {}
    labels = []
    for index, item in enumerate(body.labels):
        try:
            text = read_text(item.text, item.context, max_chars=services.settings.max_text_chars, id=item.id)
        except TextError as error:
            problems[f"/labels/{index}"] = str(error)
        else:
            names = {"annotator": item.annotator, "model": item.model}
            labels.append(NewLabel(text.text, item.label, item.source, context=text.context, text_id=text.id, **names))
    if problems:
        raise InvalidRequestError("no label was stored: some texts are of no use; see errors", fields=problems)
    return labels


def _read_texts(items: list[Any], services: Services) -> list[TextInput]:
    _check_count(len(items), "/texts", services)
    problems: dict[str, str] = {}
    texts = []
    for index, item in enumerate(items):
        try:
            text = read_item(item, max_chars=services.settings.max_text_chars)
            if "\x00" in (text.id or ""):
                raise InvalidItemError("id: holds a NUL character")
            texts.append(text)
        except TextError as error:
            problems[f"/texts/{index}"] = str(error)
    if problems:
        raise InvalidRequestError("nothing was queued: some texts are of no use; see errors", fields=problems)
    return texts


def _check_count(count: int, pointer: str, services: Services) -> None:
    limit = services.settings.max_texts
    if count > limit:
        raise InvalidRequestError(
            "too many; send several requests", fields={pointer: f"{count:,}; the limit is {limit:,}"}
        )


def _label_out(item: Label) -> LabelOut:
    return LabelOut(label_id=item.id, id=item.text_id, **_without(asdict(item), "id", "text_id"))


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
