"""What the lifespan of the app holds, and how a route gets at it."""

from dataclasses import dataclass
from typing import Annotated, TypedDict, cast

from fastapi import Depends, Request

from service.api.metrics import Metrics
from service.host import ModelHost
from service.settings import Settings
from service.store.jobs import JobStore
from service.store.labels import LabelStore
from service.store.review import ReviewQueue


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    host: ModelHost
    metrics: Metrics
    labels: LabelStore
    review: ReviewQueue
    jobs: JobStore


class State(TypedDict):
    """The lifespan state; the server copies it into each request's."""

    services: Services


async def _services(request: Request) -> Services:
    # Not for anything awaited: FastAPI runs plain functions in a thread, which takes longer than all this does.
    return cast(Services, request.state.services)


ServicesDep = Annotated[Services, Depends(_services)]
