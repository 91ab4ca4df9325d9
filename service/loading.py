"""From settings to a loaded model: the one place that knows what the setting `model` may mean."""

from pathlib import Path

from model.classifier import StanceClassifier
from model.registry import EMBEDDED_NAME, Registry
from service.settings import Settings

# The registry's own words; a folder of that name in the working directory is meant only as `./current`.
_RESERVED = ("current", EMBEDDED_NAME)


def load_classifier(settings: Settings) -> StanceClassifier:
    """Load the model that `settings` names.

    Raises:
        ModelNotFoundError, ModelCorruptError: see `model_directory` and `model.artifact.verify`.
        MissingExtraError: the engine's library is not installed.
        SettingsError: there is no such engine.
    """
    return StanceClassifier.load(model_directory(settings), engine=settings.engine, threads=settings.threads)


def model_directory(settings: Settings) -> Path:
    """Return the directory of `settings.model`: an existing one, or a version's in the registry.

    Raises:
        ModelNotFoundError: neither a directory nor a known version.
    """
    directory = Path(settings.model)
    if settings.model not in _RESERVED and directory.is_dir():
        return directory
    return Registry(settings.home).path(settings.model)
