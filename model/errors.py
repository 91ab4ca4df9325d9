"""The errors that users meet. They know no HTTP and no exit codes: the service maps them.

StanceError
├── TextError                 one text cannot be scored; its neighbours can
│   ├── EmptyTextError
│   ├── TextTooLongError
│   └── InvalidTextError      NUL, lone surrogates, not a string
├── DataError                 a file of texts or labels cannot be used
├── SettingsError             a setting or an option makes no sense
├── ModelError                a model directory or version cannot be used
│   ├── ModelNotFoundError
│   └── ModelCorruptError
├── MissingExtraError         an optional package is not installed
└── EngineError               the engine failed while running
"""


class StanceError(Exception):
    """Base of every error that this project raises on purpose; its text names place and remedy."""


class TextError(StanceError):
    """One text cannot be scored. `kind` is a stable slug, `title` a short human name for it."""

    kind = "text"
    title = "The text cannot be scored"


class EmptyTextError(TextError):
    kind = "empty-text"
    title = "The text is empty"


class TextTooLongError(TextError):
    kind = "text-too-long"
    title = "The text is over the length limit"


class InvalidTextError(TextError):
    kind = "invalid-text"
    title = "The text is not valid Unicode text"


class DataError(StanceError):
    """A file of texts or labels cannot be used; the message names file, line and field."""


class SettingsError(StanceError):
    """A setting or an option makes no sense; the message names it and the allowed values."""


class ModelError(StanceError):
    """A model directory or a registered version cannot be used."""


class ModelNotFoundError(ModelError):
    """There is no model at that path or under that version."""


class ModelCorruptError(ModelError):
    """A model directory is incomplete, was altered, or holds something that is never loaded."""


class MissingExtraError(StanceError):
    """An optional package is missing; the message holds the command that installs it."""

    def __init__(self, *, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'comment-stance[{extra}]'")


class EngineError(StanceError):
    """The engine failed on a batch; the batch's texts have no result."""
