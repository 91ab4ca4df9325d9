"""Every setting of the service and of scoring, read once from flags, `STANCE_*` and `.env`."""

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from model.errors import SettingsError
from model.registry import default_home
from service.logs import LogFormat


class Settings(BaseSettings):
    """Frozen; flags win over the environment, the environment over `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="STANCE_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default_factory=default_home, description="Folder of the model registry.")
    database_url: SecretStr | None = Field(
        None,
        description="Database of labels and jobs, for example `postgresql://USER:PASSWORD@HOST/NAME`; "
        "empty: the file `stance.db` in the home.",
    )
    review_texts: int = Field(10_000, ge=0, description="Most texts in the review queue.")
    store_texts: bool = Field(False, description="Keep texts on which the model is unsure in the review queue.")
    model: str = Field("current", description="Model directory, registered version, `current` or `embedded`.")
    engine: str = Field(
        "auto",
        description="Engine, for example `openvino-int8`; `auto` picks the fastest.",
    )
    threads: int | None = Field(None, ge=1, description="Processor threads for inference; empty: one per core.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    keys_file: Path | None = Field(None, description="File of API keys, made by `stance keys`; empty: no key needed.")
    rate_limit: str | None = Field(
        None, description="Requests of one key, or one address, for example `600/minute`; empty: no limit."
    )
    cors_origins: str | None = Field(
        None, description="Web origins whose pages may call the service, commas between them; empty: none but our own."
    )
    log_format: LogFormat = Field("text", description="`text`, or `json` for programs that gather logs.")
    coral_secrets: SecretStr | None = Field(
        None,
        description="Signing secrets of Coral's moderation phase, commas between them; empty: `/hooks/coral` is off.",
    )
    max_text_chars: int = Field(100_000, ge=1, description="Longest text, in characters.")
    max_texts: int = Field(1_000, ge=1, description="Most texts in one request.")
    max_body_bytes: int = Field(8_000_000, ge=1, description="Largest request body, in bytes.")
    max_queue_tokens: int = Field(200_000, ge=1, description="Tokens that may wait; past this, requests get 429.")
    max_upload_bytes: int = Field(1_000_000_000, ge=1, description="Largest dump uploaded for a job, in bytes.")
    job_days: float = Field(7.0, gt=0, description="Days for which a finished job and its result are kept.")
    deadline_seconds: float = Field(30.0, gt=0, description="Longest a request may take; past this it gets 504.")

    @property
    def database(self) -> str:
        """The URL of the database; may hold a password."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.home / 'stance.db'}"


def read_settings(**flags: Any) -> Settings:
    """Return the settings with `flags` on top; a flag that is None was not given.

    Raises:
        SettingsError: a value makes no sense; the message names the setting, not the value.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0])
        place = f"--{name.replace('_', '-')}" if name in given else f"STANCE_{name.upper()}"
        raise SettingsError(f"{place}: {first['msg']}") from error
