"""From settings to a loaded model."""

from model.classifier import StanceClassifier
from model.registry import find_model
from service.settings import Settings


def load_classifier(settings: Settings) -> StanceClassifier:
    """Load the model that `settings` names.

    Raises:
        ModelNotFoundError, ModelCorruptError: see `model.registry.find_model` and `model.artifact.verify`.
        MissingExtraError: the engine's library is not installed.
        SettingsError: there is no such engine.
    """
    directory = find_model(settings.model, home=settings.home)
    return StanceClassifier.load(directory, engine=settings.engine, threads=settings.threads)
