"""A model directory: a standard `transformers` folder plus `stance.json`, sealed with checksums."""

import hashlib
import json
import math
import os
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from model.batching import padded_length
from model.calibration import Calibration, Curve
from model.errors import ModelCorruptError, ModelNotFoundError, SettingsError
from model.fidelity import Fidelity
from model.labels import LABELS
from model.tokenizer import InputLayout

FORMAT_VERSION = 1
EMBEDDED = Path(__file__).parent / "default"


@dataclass(frozen=True, slots=True)
class _Files:
    """The names of the files in a model directory."""

    manifest: str = "stance.json"
    config: str = "config.json"
    weights: str = "model.safetensors"
    tokenizer: str = "tokenizer.json"
    card: str = "README.md"


FILES = _Files()
_REQUIRED = (FILES.config, FILES.weights, FILES.tokenizer)
_PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of `stance.json`: everything about a model that `transformers` does not keep.

    `data` maps the name of each data file to its row count and SHA-256; `metrics` maps the name of each
    evaluated split to its figures; `fidelity` maps each precision to how close it comes to float32; `checksums` maps
    each file to its SHA-256.
    """

    name: str
    version: str
    created: str
    parent: str | None = None
    labels: tuple[str, ...] = tuple(LABELS)
    layout: InputLayout = field(default_factory=InputLayout)
    calibration: Calibration = field(default_factory=Calibration)
    data: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    fidelity: dict[str, Fidelity] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    @property
    def reference(self) -> str:
        """How results name the model: `name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def precisions(self) -> list[str]:
        """The precisions below float32 that were measured to give this model's labels."""
        return [precision for precision, measured in self.fidelity.items() if measured.suffices]

    def to_dict(self) -> dict[str, Any]:
        record = asdict(self)
        # What a model lacks is left out, so that releases which do not know it can read the model.
        later: dict[str, Any] = {"curves": (), "fidelity": {}}
        record |= record.pop("calibration")
        return {name: value for name, value in record.items() if name not in later or value != later[name]}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "Manifest":
        rest = dict(record)
        curves = tuple(Curve(tuple(curve["points"]), tuple(curve["values"])) for curve in rest.pop("curves", ()))
        calibration = Calibration(rest.pop("temperature"), rest.pop("abstain_threshold"), curves)
        layout = InputLayout(**rest.pop("layout"))
        labels = tuple(rest.pop("labels"))
        fidelity = {name: Fidelity(**measured) for name, measured in rest.pop("fidelity", {}).items()}
        rest |= {name: dict(rest[name]) for name in ("data", "metrics", "checksums")}
        return cls(labels=labels, layout=layout, calibration=calibration, fidelity=fidelity, **rest)


def seal(directory: Path, manifest: Manifest) -> Manifest:
    """Write `stance.json` with the checksum of every other file, and return the manifest as written."""
    checksums = {name: _sha256(directory / name) for name in _file_names(directory)}
    sealed = replace(manifest, checksums=checksums)
    write_atomically(directory / FILES.manifest, json.dumps(sealed.to_dict(), indent=2) + "\n")
    return sealed


def read_manifest(directory: Path) -> Manifest:
    """Read `stance.json` without looking at the other files.

    Raises:
        ModelNotFoundError: there is no such directory, or it is not a model directory.
        ModelCorruptError: the file cannot be read as a manifest of a known format.
    """
    path = directory / FILES.manifest
    if not path.is_file():
        raise ModelNotFoundError(f"{directory}: not a model directory, {FILES.manifest} is missing")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        found = record["format_version"]
        if found != FORMAT_VERSION:
            raise ModelCorruptError(
                f"{path}: format version {found}, this release reads {FORMAT_VERSION}; use the release that wrote it"
            )
        return Manifest.from_dict(record)
    except (ValueError, KeyError, TypeError, SettingsError) as error:
        raise ModelCorruptError(f"{path}: not a valid manifest ({error!r}); restore the model directory") from error


def verify(directory: Path) -> Manifest:
    """Check every file against its checksum, and labels, vocabulary and layout against each other.

    Raises:
        ModelNotFoundError: not a model directory.
        ModelCorruptError: a file is missing, altered or added, is a pickle, asks for remote code, or the
            labels, vocabulary or layout do not fit.
    """
    manifest = read_manifest(directory)
    names = _file_names(directory)
    _check_names(directory, names, manifest)
    for name in names:
        if _sha256(directory / name) != manifest.checksums[name]:
            raise ModelCorruptError(f"{directory / name}: checksum differs from {FILES.manifest}; restore the file")
    _check_config(directory / FILES.config, manifest)
    return manifest


def write_atomically(path: Path, content: str) -> None:
    """Replace `path` by `content` so that no reader and no crash ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _check_names(directory: Path, names: list[str], manifest: Manifest) -> None:
    for name in names:
        if Path(name).suffix.lower() in _PICKLES:
            raise ModelCorruptError(f"{directory / name}: pickles are never loaded; convert it to safetensors")
    if missing := sorted({*_REQUIRED, *manifest.checksums} - set(names)):
        raise ModelCorruptError(f"{directory}: {', '.join(missing)} missing; restore the model directory")
    if unknown := sorted(set(names) - set(manifest.checksums)):
        raise ModelCorruptError(f"{directory}: {', '.join(unknown)} not listed in {FILES.manifest}; remove it")


def _check_config(path: Path, manifest: Manifest) -> None:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        labels = {int(index): label for index, label in config["id2label"].items()}
        vocabulary, positions = config["vocab_size"], config.get("max_position_embeddings", math.inf)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelCorruptError(f"{path}: not the configuration of a classifier ({error!r})") from error
    if "auto_map" in config:
        raise ModelCorruptError(f"{path}: asks for remote code (auto_map), which is never run")
    _check_labels(path, [label for _, label in sorted(labels.items())])
    _check_labels(path.with_name(FILES.manifest), manifest.labels)
    tokens = _vocabulary_size(path.with_name(FILES.tokenizer))
    if tokens > vocabulary:
        raise ModelCorruptError(f"{path.with_name(FILES.tokenizer)}: {tokens} tokens, the encoder knows {vocabulary}")
    if padded_length(manifest.layout.max_tokens) > positions:
        raise ModelCorruptError(f"{path}: {positions} positions are too few for {manifest.layout}, padded")


def _check_labels(path: Path, found: Sequence[str]) -> None:
    if tuple(found) != LABELS:
        raise ModelCorruptError(f"{path}: labels are {list(found)}, expected {[*map(str, LABELS)]}")


def _vocabulary_size(path: Path) -> int:
    try:
        return Tokenizer.from_file(str(path)).get_vocab_size(with_added_tokens=True)
    except Exception as error:  # the library raises nothing narrower
        raise ModelCorruptError(f"{path}: not a tokenizer ({error}); restore the file") from error


def _file_names(directory: Path) -> list[str]:
    """Every file but the manifest and hidden ones (a clone's `.git`, a download's `.cache`), which are never read."""
    names = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    visible = sorted(name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts))
    return [name for name in visible if name != FILES.manifest]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
