"""`/v1alpha1/comments:*`: the calls of Google's Perspective API, with stances for attributes."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from model.classifier import Split
from model.labels import Stance
from model.records import Prediction, TextInput
from service.api.perspective_attributes import (
    Attribute,
    check_versions,
    in_supported_languages,
    requested,
    suggested,
)
from service.api.perspective_errors import PERSPECTIVE_ERRORS, PerspectiveError
from service.api.perspective_schemas import (
    ANALYZE_EXAMPLES,
    SUGGEST_EXAMPLES,
    AnalyzeRequest,
    AnalyzeResponse,
    SuggestRequest,
    SuggestResponse,
)
from service.api.perspective_texts import read_comment
from service.api.state import Services, ServicesDep
from service.api.unsure import keep_unsure
from service.api.work import score, timed_response
from service.store.labels import NewLabel

router = APIRouter(prefix="/v1alpha1", tags=["compatible"], responses=PERSPECTIVE_ERRORS)
_SOURCE = "perspective"


@router.post("/comments:analyze", response_model=AnalyzeResponse)
async def analyze(
    body: Annotated[AnalyzeRequest, Body(openapi_examples=ANALYZE_EXAMPLES)], request: Request, services: ServicesDep
) -> Response:
    """Score a comment. By its stance, not its toxicity: the attributes are SKEPTICAL, SUPPORTIVE and NEUTRAL."""
    if body.span_annotations and body.comment.type == "HTML":
        raise PerspectiveError("spanAnnotations need a comment of type PLAIN_TEXT: a paragraph of HTML has no offsets")
    item = read_comment(body, max_chars=services.settings.max_text_chars)
    attributes = in_supported_languages(requested(body), body)
    split: Split = "paragraphs" if body.span_annotations else "none"
    answer = await score([item], request=request, services=services, split=split)
    check_versions(attributes, served=answer.model.version)
    if not body.do_not_store:
        await keep_unsure(item, answer, services)
    return timed_response(_content(body, attributes, answer.texts[0].prediction), answer.timing)


@router.post("/comments:suggestscore", response_model_exclude_none=True)
async def suggest(
    body: Annotated[SuggestRequest, Body(openapi_examples=SUGGEST_EXAMPLES)], services: ServicesDep
) -> SuggestResponse:
    """Store what a comment should have scored, as a label. That is all it is for, so there is no `doNotStore`."""
    item = read_comment(body, max_chars=services.settings.max_text_chars)
    stance = suggested(body)
    label = NewLabel(item.text, stance, _SOURCE, context=item.context, annotator=body.community_id)
    await run_in_threadpool(services.labels.add, [label])
    services.metrics.labelled([label])
    return SuggestResponse(
        requested_languages=body.languages,
        detected_languages=await _detect(item, services),
        client_token=body.client_token or None,
    )


def _content(body: AnalyzeRequest, attributes: Sequence[Attribute], prediction: Prediction) -> dict[str, Any]:
    detected = [prediction.language] if prediction.language else []
    wanted = [
        attribute
        for attribute in in_supported_languages(attributes, body, detected=detected)
        if prediction.scores[attribute.stance] >= attribute.threshold
    ]
    content = {
        "attributeScores": {attribute.name: _scores(attribute.stance, body, prediction) for attribute in wanted},
        # What is too short to tell was read as English.
        "languages": body.languages or detected or ["en"],
        "detectedLanguages": detected,
    }
    return {**content, "clientToken": body.client_token} if body.client_token else content


def _scores(stance: Stance, body: AnalyzeRequest, prediction: Prediction) -> dict[str, Any]:
    """Perspective gives spans always: one for the whole comment, as it was sent, where no others were asked for."""
    whole = _score(prediction.scores[stance])
    if prediction.segments is None:
        spans = [{"begin": 0, "end": len(body.comment.text), "score": whole}]
    else:
        spans = [
            {"begin": segment.start, "end": segment.end, "score": _score(segment.scores[stance])}
            for segment in prediction.segments
        ]
    return {"summaryScore": whole, "spanScores": spans}


def _score(value: float) -> dict[str, Any]:
    return {"value": value, "type": "PROBABILITY"}


async def _detect(item: TextInput, services: Services) -> list[str]:
    with services.host.current.entered() as served:
        (prepared,) = await run_in_threadpool(served.classifier.prepare, [item])
    return [prepared.language] if prepared.language else []
