"""Calls of Perspective, and the shape of its answers."""

from typing import Any

import httpx
from api_support import post_json

from service.api.perspective_errors import GoogleError

TEXT, OTHER = "talk to moscow", "no deal with putin will hold"
GERMAN = "Die Gespräche mit Moskau sollten endlich wieder aufgenommen werden, und zwar ohne Vorbedingungen."
SECRET = "swordfish"
ALL: dict[str, dict] = {"SKEPTICAL": {}, "SUPPORTIVE": {}, "NEUTRAL": {}}
LIKELY = {"summaryScore": {"value": 1}}


async def call(client: httpx.AsyncClient, call: str, body: object) -> httpx.Response:
    return await post_json(client, f"/v1alpha1/comments:{call}", body)


async def analyze(client: httpx.AsyncClient, text: str = TEXT, **fields: Any) -> httpx.Response:
    return await call(client, "analyze", {"comment": {"text": text}, "requestedAttributes": ALL, **fields})


async def suggest(client: httpx.AsyncClient, scores: dict, text: str = TEXT, **fields: Any) -> httpx.Response:
    return await call(client, "suggestscore", {"comment": {"text": text}, "attributeScores": scores, **fields})


async def stored(client: httpx.AsyncClient) -> list[dict]:
    return (await client.get("/v1/labels")).json()["labels"]


async def queued(client: httpx.AsyncClient) -> list[str]:
    return [text["text"] for text in (await client.get("/v1/labels/queue")).json()["texts"]]


def summary(answer: httpx.Response) -> dict[str, float]:
    scores = answer.json()["attributeScores"]
    return {name.partition("@")[0].lower(): given["summaryScore"]["value"] for name, given in scores.items()}


def check_error(answer: httpx.Response, code: int, status: str, error_type: str | None = None) -> dict:
    GoogleError.model_validate(answer.json())
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (code, code, status)
    assert [detail["errorType"] for detail in error.get("details", [])] == ([error_type] if error_type else [])
    assert SECRET not in answer.text
    return error
