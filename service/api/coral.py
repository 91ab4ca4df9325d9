"""`POST /hooks/coral`: Coral's external moderation phase. Comments are scored and counted, and never held back.

Coral sends the ids of a comment's parent and story, and not their texts; nor does it send the comment's own id. So a
comment is read under its parent only where a text was stored here under the parent's id.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.openapi.models import Example
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from model.errors import TextError
from model.records import TextInput
from service.api.errors import InvalidRequestError, NotConfiguredError, describe
from service.api.items import read_text
from service.api.label_schemas import Name
from service.api.schemas import PROBLEMS
from service.api.state import Services, ServicesDep
from service.api.unsure import keep_unsure
from service.api.work import score
from service.markup import strip_tags
from service.settings import Settings
from service.signatures import check_signature

CORAL_EXAMPLES: dict[str, Example] = {
    "new": {
        "summary": "A reply, as Coral sends it",
        "value": {
            "action": "NEW",
            "comment": {"body": "<div>I agree.</div>", "parentID": "c-17"},
            "author": {"id": "u-3", "role": "COMMENTER"},
            "story": {"id": "s-5", "url": "https://news.example/summit"},
            "site": {"id": "site-1"},
            "tenantID": "t-1",
            "tenantDomain": "news.example",
        },
    }
}
router = APIRouter(tags=["compatible"])


class CoralComment(BaseModel):
    # Whatever is in it, a reader's comment is not to be held up by us.
    body: Any = None
    parent_id: Name | None = Field(default=None, alias="parentID")


class CoralStory(BaseModel):
    id: Name


class CoralRequest(BaseModel):
    """What is read of Coral's request; the rest is ignored."""

    comment: CoralComment
    story: CoralStory


# The body is read as bytes, since those are what is signed; so FastAPI must be told what it looks like.
_BODY = {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "examples": CORAL_EXAMPLES}}}


@router.post(
    "/hooks/coral",
    status_code=204,
    response_class=Response,
    responses={
        **{status: PROBLEMS[status] for status in (400, 413, 422, 429, 500, 503, 504)},
        401: {**PROBLEMS[422], "description": "Not signed with a secret in STANCE_CORAL_SECRETS"},
        404: {**PROBLEMS[422], "description": "STANCE_CORAL_SECRETS is not set"},
    },
    openapi_extra={"requestBody": _BODY},
)
async def moderate(
    request: Request,
    services: ServicesDep,
    signature: Annotated[str, Header(alias="X-Coral-Signature", description="`sha256=HEX`, or several.")] = "",
) -> Response:
    """Score a comment for `/metrics`. The answer is 204, "do not moderate", also where the text cannot be scored."""
    secrets = _secrets(services.settings)
    sent = await request.body()
    check_signature(sent, signature, secrets=secrets)
    try:
        item = await _read(sent, services)
    except TextError as error:
        services.metrics.shed(describe(error).kind)
    else:
        answer = await score([item], request=request, services=services)
        await keep_unsure(item, answer, services)
    return Response(status_code=204)


def _secrets(settings: Settings) -> Sequence[str]:
    given = settings.coral_secrets.get_secret_value() if settings.coral_secrets else ""
    secrets = [secret.strip() for secret in given.split(",") if secret.strip()]
    if not secrets:
        raise NotConfiguredError("set STANCE_CORAL_SECRETS to the signing secret that Coral shows for this phase")
    return secrets


async def _read(sent: bytes, services: Services) -> TextInput:
    event = _parse(sent)
    max_chars = services.settings.max_text_chars
    body = event.comment.body
    # Text over the limit is left as it is, to be refused.
    text = strip_tags(body) if isinstance(body, str) and len(body) <= max_chars else body
    item = read_text(text, None, max_chars=max_chars)
    nearest = [own for own in (event.comment.parent_id, event.story.id) if own]
    known = await run_in_threadpool(services.labels.texts_of, nearest)
    return TextInput(item.text, context=next((known[own] for own in nearest if own in known), None))


def _parse(sent: bytes) -> CoralRequest:
    try:
        return CoralRequest.model_validate(json.loads(sent))
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        fields = {"".join(f"/{part}" for part in one["loc"]): str(one["msg"]) for one in found}
        raise InvalidRequestError("this is not what Coral sends; see errors", fields=fields) from None
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
