"""Puts the service together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from model.classifier import StanceClassifier
from service.api import classify, health, predict
from service.api.errors import add_error_handlers
from service.api.metrics import Metrics
from service.api.middleware import BodyLimit, RequestContext
from service.api.state import Services, State
from service.api.tei import render_tei
from service.batcher import Batcher
from service.settings import Settings

_DESCRIPTION = """Labels texts by their stance toward normalization of relations between Russia and the West:
`skeptical`, `supportive` or `neutral`, each with a calibrated probability."""


def create_app(settings: Settings, classifier: StanceClassifier) -> FastAPI:
    """Build the app around a loaded classifier. Nothing runs before the server starts its lifespan."""
    metrics = Metrics(manifest=classifier.manifest, engine=classifier.engine)
    app = FastAPI(
        title="comment-stance",
        version=version("comment-stance"),
        description=_DESCRIPTION,
        lifespan=_lifespan(settings, classifier, metrics),
    )
    _add_middleware(app, settings, classifier, metrics)
    _add_routes(app)
    add_error_handlers(app, renderers={"/predict": render_tei})
    return app


def _lifespan(
    settings: Settings, classifier: StanceClassifier, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[State]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        batcher = Batcher(
            classifier,
            max_queue_tokens=settings.max_queue_tokens,
            deadline_seconds=settings.deadline_seconds,
            observe=metrics.turn_ended,
        )
        async with batcher:
            metrics.watch_queue(lambda: batcher.queued_tokens)
            yield {"services": Services(settings, classifier, batcher, metrics)}

    return lifespan


def _add_middleware(app: FastAPI, settings: Settings, classifier: StanceClassifier, metrics: Metrics) -> None:
    """The last one added sees a request first."""
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(RequestContext, model_version=classifier.manifest.version, metrics=metrics)


def _add_routes(app: FastAPI) -> None:
    for family in (classify, predict, health):
        app.include_router(family.router)
