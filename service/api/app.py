"""Puts the service together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from model.classifier import StanceClassifier
from model.errors import StanceError
from service.api import (
    classify,
    coral,
    health,
    jobs,
    label_studio,
    labels,
    models,
    page,
    perspective,
    predict,
    vllm,
)
from service.api.access import Access, RateLimiter
from service.api.errors import Renderer, add_error_handlers, describe, renderer_for
from service.api.headers import SafeHeaders
from service.api.label_studio_errors import render_label_studio
from service.api.metrics import Metrics
from service.api.middleware import BodyLimit, RequestContext
from service.api.origins import CrossSite, parse_origins
from service.api.perspective_errors import render_perspective
from service.api.state import Services, State
from service.api.tei import render_tei
from service.api.vllm_errors import render_vllm
from service.background.runner import JobRunner
from service.host import ModelHost
from service.keys import KeyRing
from service.settings import Settings
from service.store.database import open_database
from service.store.jobs import JobStore
from service.store.labels import LabelStore
from service.store.review import ReviewQueue

_DESCRIPTION = """Labels texts by their stance toward normalization of relations between Russia and the West:
`skeptical`, `supportive` or `neutral`, each with a calibrated probability."""


# Errors on the compatible routes have the shape of the API that they stand in for.
_RENDERERS: dict[str, Renderer] = {
    "/predict": render_tei,
    "/classify": render_vllm,
    "/label-studio": render_label_studio,
    "/v1alpha1/": render_perspective,
}


# What pages of other origins may read of an answer, beside its body.
_EXPOSED = [
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Server-Timing",
    "X-Model-Version",
    "X-Request-ID",
]


def create_app(settings: Settings, classifier: StanceClassifier) -> FastAPI:
    """Build the app around a loaded classifier. Nothing runs before the server starts its lifespan."""
    metrics = Metrics()
    app = FastAPI(
        title="comment-stance",
        version=version("comment-stance"),
        description=_DESCRIPTION,
        lifespan=_lifespan(settings, classifier, metrics),
        redoc_url=None,  # one documentation is enough, and this one would need another host
    )
    _add_middleware(app, settings, metrics)
    _add_routes(app)
    add_error_handlers(app, renderers=_RENDERERS)
    return app


def _lifespan(
    settings: Settings, classifier: StanceClassifier, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[State]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        database = await run_in_threadpool(open_database, settings.database)
        host = ModelHost(settings, classifier, observe=metrics.turn_ended, changed=metrics.model_changed)
        async with host:
            metrics.watch_queue(lambda: host.current.batcher.queued_tokens)
            review = ReviewQueue(database, max_texts=settings.review_texts)
            jobs = JobStore(database)
            async with JobRunner(jobs, settings):
                yield {"services": Services(settings, host, metrics, LabelStore(database), review, jobs)}
        database.dispose()

    return lifespan


def _add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """The last one added sees a request first."""

    def refuse(request: Request, error: StanceError) -> Response:
        return renderer_for(request.url.path, _RENDERERS)(request, describe(error))

    origins = parse_origins(settings.cors_origins)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, longer={"/v1/jobs": settings.max_upload_bytes})
    app.add_middleware(
        Access,
        keys=KeyRing(settings.keys_file) if settings.keys_file else None,
        limiter=RateLimiter(settings.rate_limit) if settings.rate_limit else None,
        refuse=refuse,
    )
    app.add_middleware(CrossSite, origins=origins, refuse=refuse)
    if origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"], expose_headers=_EXPOSED
        )
    app.add_middleware(RequestContext, metrics=metrics)
    app.add_middleware(SafeHeaders)


def _add_routes(app: FastAPI) -> None:
    for family in (classify, predict, vllm, perspective, coral, label_studio, labels, jobs, models, page, health):
        app.include_router(family.router)
