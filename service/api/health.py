"""What operators and their tools ask: alive, ready, what is served, how it does."""

from importlib.metadata import version

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from model.errors import StanceError
from model.labels import LABELS
from service.api.schemas import PROBLEMS, Info, Limits, ModelName, Status
from service.api.state import ServicesDep
from service.worker import UnavailableError

router = APIRouter(tags=["operation"])


@router.get("/livez")
async def livez() -> Status:
    """The process answers. Says nothing about the model."""
    return Status(status="alive")


@router.get("/readyz", responses={503: PROBLEMS[503]})
async def readyz(services: ServicesDep) -> Status:
    """A short text has just gone through the worker and the engine, ahead of what waits."""
    try:
        await services.host.current.batcher.check()
    except StanceError as error:
        raise UnavailableError(f"not ready: {error}") from error
    return Status(status="ready")


@router.get("/info")
async def info(services: ServicesDep) -> Info:
    """The model, the engine and the limits in force."""
    classifier, settings = services.host.current.classifier, services.settings
    manifest = classifier.manifest
    return Info(
        service_version=version("comment-stance"),
        model=ModelName(name=manifest.name, version=manifest.version),
        engine=classifier.engine.name,
        labels=[label.value for label in LABELS],
        abstain_threshold=manifest.calibration.abstain_threshold,
        limits=Limits(**{name: getattr(settings, name) for name in Limits.model_fields}),
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(services: ServicesDep) -> Response:
    """Prometheus metrics; all names start with `stance_`."""
    return Response(services.metrics.render(), media_type=CONTENT_TYPE_LATEST)
