"""Versions of the model on this machine, and the pointer to the one in use.

    HOME/models/2/        an immutable model directory (files are read-only)
    HOME/models/3/
    HOME/current.json     {"current": "3", "previous": ["1"]}, replaced atomically

The embedded model needs no registering: it is there under its own version, and current until another
is promoted. A registered version hides an embedded one of the same number (which a later release may
bring); `embedded` always means the embedded one.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from model.artifact import EMBEDDED, Manifest, read_manifest, seal, verify, write_atomically
from model.errors import ModelCorruptError, ModelError, ModelNotFoundError

EMBEDDED_NAME = "embedded"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which version is in use, and those that were before it, oldest first."""

    current: str = EMBEDDED_NAME
    previous: tuple[str, ...] = ()


class Registry:
    """Reads and writes the versions under `home`; several processes may do so at once."""

    def __init__(self, home: Path, *, embedded: Path = EMBEDDED) -> None:
        self._models = home / "models"
        self._pointer = home / "current.json"
        self._embedded = embedded

    def versions(self) -> list[str]:
        """Every version that can be loaded: the embedded one first, then registered ones by number."""
        registered = [path.name for path in self._models.glob("*") if path.name.isdecimal()]
        return [EMBEDDED_NAME, *sorted(registered, key=int)]

    def resolve(self, version: str) -> str:
        """Return the registry's name of `version`, which may be a number, `embedded` or `current`.

        Raises:
            ModelNotFoundError: no such version; the message lists those there are.
        """
        if version == "current":
            version = self.pointer().current
        known = self.versions()
        if version in known:
            return version
        if version == read_manifest(self._embedded).version:
            return EMBEDDED_NAME
        raise ModelNotFoundError(f"no version {version!r}; there are: {', '.join(known)}")

    def path(self, version: str) -> Path:
        name = self.resolve(version)
        return self._embedded if name == EMBEDDED_NAME else self._models / name

    def pointer(self) -> Pointer:
        """Raises `ModelCorruptError` where the pointer file cannot be read."""
        if not self._pointer.exists():
            return Pointer()
        try:
            record = json.loads(self._pointer.read_text(encoding="utf-8"))
            return Pointer(str(record["current"]), tuple(map(str, record["previous"])))
        except (ValueError, KeyError, TypeError) as error:
            raise ModelCorruptError(
                f"{self._pointer}: not a valid pointer ({error!r}); delete it to go back to the embedded model"
            ) from error

    def register(self, directory: Path) -> str:
        """Copy a sealed model directory in as the next version and return that version.

        The copy appears whole or not at all, and two processes never get the same number.
        """
        manifest = verify(directory)
        self._models.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".incoming-", dir=self._models))
        try:
            hidden = shutil.ignore_patterns(".*")
            copy = shutil.copytree(directory, staging / "model", copy_function=shutil.copyfile, ignore=hidden)
            for folder in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
                folder.chmod(0o755)  # the source may be read-only, and copytree keeps that
            return self._place(copy, manifest)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def promote(self, version: str) -> Pointer:
        """Make `version` the current one, after verifying it."""
        name = self.resolve(version)
        verify(self.path(name))
        old = self.pointer()
        return old if name == old.current else self._point(Pointer(name, (*old.previous, old.current)))

    def rollback(self) -> Pointer:
        """Make the version before the current one current again.

        Raises:
            ModelError: there is none before it.
        """
        old = self.pointer()
        if not old.previous:
            raise ModelError(f"nothing to roll back to: {old.current} is the first version in use here")
        verify(self.path(old.previous[-1]))
        return self._point(Pointer(old.previous[-1], old.previous[:-1]))

    def _point(self, new: Pointer) -> Pointer:
        self._pointer.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"current": new.current, "previous": list(new.previous)})
        write_atomically(self._pointer, content + "\n")
        return new

    def _place(self, copy: Path, manifest: Manifest) -> str:
        taken = [read_manifest(self._embedded).version, *self.versions()[1:]]
        number = 1 + max((int(version) for version in taken if version.isdecimal()), default=0)
        while True:
            sealed = seal(copy, replace(manifest, version=str(number)))
            if sealed.checksums != manifest.checksums:
                raise ModelCorruptError(f"{copy}: changed while it was copied; register it again")
            for file in (path for path in copy.rglob("*") if path.is_file()):
                file.chmod(0o444)
            try:
                copy.rename(self._models / str(number))
            except OSError:
                if not (self._models / str(number)).exists():
                    raise
                number += 1  # another process took it
            else:
                return str(number)


def default_home() -> Path:
    """The user's data folder, where versions are kept unless another home is named."""
    return user_data_path("comment-stance")


def find_model(model: str, *, home: Path) -> Path:
    """Return the directory of `model`: an existing directory, or a version in the registry under `home`.

    The registry's own words win: a folder of that name in the working directory is meant only as `./current`.

    Raises:
        ModelNotFoundError: neither a directory nor a known version.
    """
    directory = Path(model)
    if model not in ("current", EMBEDDED_NAME) and directory.is_dir():
        return directory
    return Registry(home).path(model)
