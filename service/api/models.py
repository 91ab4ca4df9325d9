"""`/v1/models`: the registry's versions, and which of them is served."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from model.artifact import read_manifest
from model.registry import EMBEDDED_NAME, Registry
from service.api.schemas import PROBLEMS
from service.api.state import Services, ServicesDep

router = APIRouter(prefix="/v1/models", tags=["models"])


class ModelVersion(BaseModel):
    version: str
    name: str
    embedded: bool
    current: bool = False


class ModelList(BaseModel):
    """`serving` is what this process answers with; `current` among the versions is what the registry points to."""

    serving: str
    follows_registry: bool
    versions: list[ModelVersion]


class Promoted(BaseModel):
    serving: str


@router.get("", responses=PROBLEMS)
async def list_models(services: ServicesDep) -> ModelList:
    """Every version that can be promoted."""
    versions = await run_in_threadpool(_versions, Registry(services.settings.home))
    return ModelList(serving=_serving(services), follows_registry=services.host.follows_registry, versions=versions)


@router.post("/{version}/promote", responses=PROBLEMS)
async def promote(version: str, services: ServicesDep) -> Promoted:
    """Make a version the current one and serve it: loaded and tried beside the old one, which finishes its requests."""
    await services.host.promote(version)
    return Promoted(serving=_serving(services))


def _serving(services: Services) -> str:
    return services.host.current.classifier.manifest.version


def _versions(registry: Registry) -> list[ModelVersion]:
    current = registry.pointer().current
    return [_describe(registry, name, current=name == current) for name in registry.versions()]


def _describe(registry: Registry, name: str, *, current: bool) -> ModelVersion:
    manifest = read_manifest(registry.path(name))
    embedded = name == EMBEDDED_NAME
    return ModelVersion(version=manifest.version, name=manifest.name, embedded=embedded, current=current)
