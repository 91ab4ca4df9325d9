"""Takes an uploaded dump in: copied to the job's folder, and looked at before it is accepted."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from model.errors import DataError, MissingExtraError, SettingsError, StanceError
from service.background.files import JobFiles
from service.dumps.fields import Fields
from service.dumps.formats import stem_of
from service.jobs import Options
from service.scoring import look_at
from service.storage import FULL_DISK

_CHUNK_BYTES = 2**20
_UNUSABLE = (SettingsError, DataError, MissingExtraError)


class UploadError(StanceError):
    """An upload is no dump that can be scored; nothing of it is kept."""


class StorageFullError(StanceError):
    """There is no room for an upload; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A dump that was taken in. `fingerprint` is the same for the same content and options."""

    options: dict[str, Any]
    fingerprint: str


def take_in(
    source: BinaryIO, *, name: str, fields: Fields, output: str, files: JobFiles, max_text_chars: int
) -> Upload:
    """Copy `source` into the folder of a job and find its columns. `name` tells the format by its extensions.

    Raises:
        UploadError: an unknown format, a column that is not there, or the dump is not what its name says.
        StorageFullError: the disk is full.
    """
    suffix = _suffix(name)
    job = files.job(input_suffix=suffix, output_suffix=f".{output}")
    try:
        files.folder.mkdir(parents=True)
        digest = _copy(source, job.inputs[0])
        look_at(job, fields=fields, options=Options(max_text_chars=max_text_chars))
    except BaseException as error:
        files.remove()
        if isinstance(error, OSError) and error.errno in FULL_DISK:
            raise StorageFullError("there is no room for this upload; try again later") from error
        if isinstance(error, _UNUSABLE):
            raise UploadError(str(error).replace(f"{files.folder}/", "")) from error
        raise
    options = {
        "input": suffix,
        "output": f".{output}",
        "text_field": fields.text,
        "context_field": fields.context,
        "id_field": fields.id,
    }
    return Upload(options, _fingerprint(digest, options))


def _suffix(name: str) -> str:
    """The extensions of an upload's name; the rest of it may be anything, and is not used."""
    path = Path(name.replace("\\", "/")).name
    if not path:
        raise UploadError("the file has no name; its extension tells the format, for example comments.csv.gz")
    try:
        return path.removeprefix(stem_of(Path(path))).lower()
    except _UNUSABLE as error:
        raise UploadError(str(error).removeprefix(path).removeprefix(": ")) from error


def _copy(source: BinaryIO, target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("xb") as stream:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest()


def _fingerprint(digest: str, options: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps([digest, dict(options)], sort_keys=True).encode()).hexdigest()
