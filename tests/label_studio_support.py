"""A labelling configuration, and what Label Studio sends: tasks, and events of its webhook."""

import re
from pathlib import Path
from typing import Any

import httpx
from api_support import post_json

TEXT, OTHER = "talk to moscow", "no deal with putin will hold"
CHOICES = '<Choice value="Skeptical"/><Choice value="SUPPORTIVE"/><Choice value="neutral"/>'
CONFIG = f"""<View>
  <Text name="parent" value="$context"/><Text name="said" value="$comment"/>
  <Choices name="topic" toName="said"><Choice value="Russia"/></Choices>
  <Choices name="stance" toName="said">{CHOICES}</Choices>
</View><!-- {{"data": {{}}}} -->"""
WRITTEN = {"skeptical": "Skeptical", "supportive": "SUPPORTIVE", "neutral": "neutral"}
DOCUMENTED = re.search(
    "```xml\n(.*?)```",
    (Path(__file__).parent.parent / "docs" / "label-studio.md").read_text(encoding="utf-8"),
    re.DOTALL,
)[1]


def config_of(source: str, choices: str = CHOICES) -> str:
    return f'<View>{source}<Choices name="stance" toName="said">{choices}</Choices></View>'


async def predict(client: httpx.AsyncClient, *data: Any, config: str = CONFIG) -> httpx.Response:
    body = {
        "tasks": [{"id": index, "data": one} for index, one in enumerate(data)],
        "model_version": "comment-stance@1.2",
        "project": "12.1712345678",
        "label_config": config,
        "params": {"login": None, "password": None, "context": None},
    }
    return await post_json(client, "/label-studio/predict", body)


def chosen(answer: httpx.Response) -> list[str | None]:
    return [one["result"][0]["value"]["choices"][0] if one["result"] else None for one in answer.json()["results"]]


def event(
    *choices: Any, action: str = "ANNOTATION_CREATED", annotation: dict | None = None, **fields: Any
) -> dict[str, Any]:
    region = {"id": "x1", "from_name": "stance", "to_name": "said", "type": "choices", "value": {"choices": choices}}
    sent = {
        "id": 3,
        "task": 7,
        "result": [region],
        "completed_by": 1,
        "was_cancelled": False,
        "updated_at": "2026-11-22T10:00:00.000000Z",
        "lead_time": 4.2,
    }
    return {
        "action": action,
        "annotation": {**sent, **(annotation or {})},
        "task": {"id": 7, "data": {"comment": TEXT, "context": OTHER}},
        "project": {"id": 12, "label_config": CONFIG},
        **fields,
    }


async def deliver(client: httpx.AsyncClient, sent: object) -> tuple[int, int | None]:
    answer = await post_json(client, "/label-studio/webhook", sent)
    return answer.status_code, answer.json().get("stored")


async def stored(client: httpx.AsyncClient) -> list[dict]:
    return (await client.get("/v1/labels")).json()["labels"]
