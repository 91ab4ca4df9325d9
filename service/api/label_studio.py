"""`/label-studio`: a machine-learning backend for Label Studio. Predictions go out, people's labels come back."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from model.errors import TextError
from model.records import Prediction, TextInput
from service.api.items import read_text
from service.api.label_studio_config import LabelConfig, parse_label_config
from service.api.label_studio_errors import LABEL_STUDIO_ERRORS
from service.api.label_studio_events import read_labels
from service.api.label_studio_schemas import (
    LABELLING,
    PREDICT_EXAMPLES,
    SETUP_EXAMPLES,
    WEBHOOK_EXAMPLES,
    Event,
    Health,
    PredictTasks,
    SetupRequest,
    SetupResponse,
    StoredLabels,
    TaskPredictions,
)
from service.api.state import Services, ServicesDep
from service.api.work import score, timed_response
from service.waiting import RequestTooLargeError

router = APIRouter(prefix="/label-studio", tags=["label studio"], responses=LABEL_STUDIO_ERRORS)


@router.get("/health")
@router.get("/", include_in_schema=False)
async def health(services: ServicesDep) -> Health:
    """What Label Studio asks before anything else."""
    return Health(status="UP", model_class=type(services.host.current.classifier).__name__)


@router.post("/setup")
async def setup(
    body: Annotated[SetupRequest, Body(openapi_examples=SETUP_EXAMPLES)], services: ServicesDep
) -> SetupResponse:
    """Say whether a project's labelling configuration is one for us; nothing is kept."""
    parse_label_config(body.label_config, pointer="/schema")
    return SetupResponse(model_version=services.host.current.classifier.manifest.reference)


@router.post("/predict", response_model=TaskPredictions)
async def predict(
    body: Annotated[PredictTasks, Body(openapi_examples=PREDICT_EXAMPLES)], request: Request, services: ServicesDep
) -> Response:
    """Label tasks in advance: one prediction for each, in order; empty where the text cannot be scored."""
    config = parse_label_config(body.label_config, pointer="/label_config")
    limit = services.settings.max_texts
    if len(body.tasks) > limit:
        raise RequestTooLargeError(f"{len(body.tasks):,} tasks; the limit is {limit:,}. Send several requests.")
    texts = [_read(task.data, config, services) for task in body.tasks]
    answer = await score([text for text in texts if text], request=request, services=services)
    scored = iter(answer.texts)
    version = answer.model.reference
    results = [_result(next(scored).prediction if text else None, config, version) for text in texts]
    return timed_response({"results": results, "model_version": version}, answer.timing)


@router.post("/webhook", status_code=201, responses={200: {"model": StoredLabels, "description": "Not about labels"}})
async def webhook(
    event: Annotated[Event, Body(openapi_examples=WEBHOOK_EXAMPLES)], services: ServicesDep, response: Response
) -> StoredLabels:
    """Store the labels of annotations that were created or changed; one that is delivered twice is stored once."""
    if event.action not in LABELLING:
        response.status_code = 200
        return StoredLabels(stored=0)
    found = read_labels(event, max_chars=services.settings.max_text_chars)
    for label, once in found:
        await run_in_threadpool(services.labels.add, [label], once=once)
        services.metrics.labelled([label])
    return StoredLabels(stored=len(found))


def _read(data: Mapping[str, Any], config: LabelConfig, services: Services) -> TextInput | None:
    limit = services.settings.max_text_chars
    try:
        return read_text(config.text_of(data), config.context_of(data), max_chars=limit)
    except TextError:
        return None


def _result(prediction: Prediction | None, config: LabelConfig, version: str) -> dict[str, Any]:
    if prediction is None:
        return {"model_version": version, "score": 0.0, "result": []}
    region = {
        "from_name": config.from_name,
        "to_name": config.to_name,
        "type": "choices",
        "value": {"choices": [config.choices[prediction.label]]},
        "score": prediction.confidence,
    }
    return {"model_version": version, "score": prediction.confidence, "result": [region]}
