"""The step that every scoring route takes: through the batcher, for as long as the client is there."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import orjson
from fastapi import Request
from fastapi.responses import Response

from model.classifier import Split
from model.errors import StanceError
from model.records import TextInput
from service.api.errors import ClientGoneError, describe
from service.api.state import Services
from service.batcher import Answer, Timing

T = TypeVar("T")


async def score(
    texts: Sequence[TextInput], *, request: Request, services: Services, split: Split = "none", explain: bool = False
) -> Answer:
    """Score the texts of `request` and count what came of it.

    Raises:
        ClientGoneError: the client left; its waiting work is dropped.
        StanceError: see `Batcher.submit`.
    """
    try:
        with services.host.current.entered() as served:
            answer = await while_connected(request, served.batcher.submit(texts, split=split, explain=explain))
    except StanceError as error:
        services.metrics.shed(describe(error).kind)
        raise
    request.state.model_version = answer.model.version
    services.metrics.scored(answer)
    return answer


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, but cancel it when the client closes the connection. The body must have been read.

    Raises:
        ClientGoneError: it did.
    """
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_disconnect(request))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError("the client closed the connection")
        return working.result()
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


def timed_response(content: Any, timing: Timing) -> Response:
    """JSON with a `Server-Timing` header (durations in milliseconds)."""
    stages = {"queue": timing.queue, "tokenize": timing.tokenize, "inference": timing.inference}
    header = ", ".join(f"{name};dur={1000 * seconds:.1f}" for name, seconds in stages.items())
    return Response(orjson.dumps(content), media_type="application/json", headers={"Server-Timing": header})


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
