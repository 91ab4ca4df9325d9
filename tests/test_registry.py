"""Versions and the pointer to the current one."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from model.artifact import read_manifest, seal, verify
from model.errors import ModelCorruptError, ModelError, ModelNotFoundError
from model.registry import Pointer, Registry

REGISTER = """
import sys
from pathlib import Path
from model.registry import Registry
registry = Registry(Path(sys.argv[1]), embedded=Path(sys.argv[2]))
print(*(registry.register(Path(sys.argv[2])) for _ in range(4)))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def registry(home: Path, tiny_model: Path) -> Registry:
    return Registry(home, embedded=tiny_model)


def test_a_fresh_registry_has_the_embedded_model_in_use(registry: Registry, tiny_model: Path, home: Path) -> None:
    assert registry.versions() == ["embedded"]
    assert registry.pointer() == Pointer("embedded", ())
    assert registry.path("current") == registry.path("embedded") == registry.path("1") == tiny_model
    assert not home.exists()


def test_a_registered_version_gets_the_next_number_and_is_whole(registry: Registry, tiny_model: Path) -> None:
    assert [registry.register(tiny_model) for _ in range(2)] == ["2", "3"]
    assert registry.versions() == ["embedded", "2", "3"]
    assert verify(registry.path("3")) == replace(read_manifest(tiny_model), version="3")


def test_registering_promotes_nothing(registry: Registry, tiny_model: Path) -> None:
    registry.register(tiny_model)
    assert registry.pointer().current == "embedded"


def test_versions_are_ordered_by_number(registry: Registry, tiny_model: Path, home: Path) -> None:
    shutil.copytree(tiny_model, home / "models" / "10")
    shutil.copytree(tiny_model, home / "models" / "9")
    assert registry.versions() == ["embedded", "9", "10"]
    assert registry.register(tiny_model) == "11"


def test_a_registered_version_is_read_only_and_can_still_be_deleted(registry: Registry, tiny_model: Path) -> None:
    path = registry.path(registry.register(tiny_model))
    files = [file for file in path.rglob("*") if file.is_file()]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o444}
    assert path.stat().st_mode & 0o777 == 0o755
    shutil.rmtree(path)


def test_a_read_only_source_can_be_registered_again_and_again(registry: Registry, tiny_model: Path) -> None:
    first = registry.path(registry.register(tiny_model))
    first.chmod(0o555)
    second = registry.path(registry.register(first))
    assert second.stat().st_mode & 0o777 == 0o755
    assert read_manifest(second).version == "3"
    assert read_manifest(first).version == "2"


def test_hidden_files_of_the_source_stay_behind(registry: Registry, tiny_model: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(tiny_model, tmp_path / "clone"))
    (source / ".git").mkdir()
    (source / ".git" / "config").touch()
    path = registry.path(registry.register(source))
    assert not (path / ".git").exists()


def test_a_corrupt_model_is_not_registered_and_leaves_nothing(
    registry: Registry, tiny_model: Path, tmp_path: Path, home: Path
) -> None:
    source = Path(shutil.copytree(tiny_model, tmp_path / "bad"))
    (source / "config.json").write_text("{}")
    with pytest.raises(ModelCorruptError, match=r"config\.json"):
        registry.register(source)
    assert not home.exists()


def test_registering_leaves_no_staging_behind(registry: Registry, tiny_model: Path, home: Path) -> None:
    registry.register(tiny_model)
    assert [path.name for path in (home / "models").iterdir()] == ["2"]


def test_processes_that_register_at_once_get_different_numbers(home: Path, tiny_model: Path) -> None:
    command = [sys.executable, "-c", REGISTER, str(home), str(tiny_model)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    numbers = [number for process in running for number in process.communicate(timeout=60)[0].split()]
    assert sorted(numbers, key=int) == [str(number) for number in range(2, 10)]
    for number in numbers:
        assert verify(home / "models" / number).version == number


def test_threads_that_register_at_once_get_different_numbers(registry: Registry, tiny_model: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(registry.register, [tiny_model] * 16))
    assert sorted(map(int, numbers)) == list(range(2, 18))
    assert {verify(registry.path(number)).version for number in numbers} == set(numbers)


def test_promote_and_rollback_are_a_round_trip(registry: Registry, tiny_model: Path) -> None:
    second, third = registry.register(tiny_model), registry.register(tiny_model)
    assert registry.promote(second) == Pointer("2", ("embedded",))
    assert registry.promote(third) == Pointer("3", ("embedded", "2"))
    assert registry.path("current") == registry.path("3")
    assert registry.rollback() == Pointer("2", ("embedded",))
    assert registry.rollback() == Pointer("embedded", ())
    assert registry.versions() == ["embedded", "2", "3"]
    with pytest.raises(ModelError, match="nothing to roll back to: embedded is the first"):
        registry.rollback()


def test_promoting_the_current_version_changes_nothing(registry: Registry, tiny_model: Path) -> None:
    registry.promote(registry.register(tiny_model))
    assert registry.promote("2") == registry.promote("current") == Pointer("2", ("embedded",))


def test_the_pointer_outlives_the_process(registry: Registry, tiny_model: Path, home: Path) -> None:
    registry.promote(registry.register(tiny_model))
    assert Registry(home, embedded=tiny_model).pointer() == Pointer("2", ("embedded",))


def test_a_corrupt_version_is_not_promoted_nor_rolled_back_to(registry: Registry, tiny_model: Path) -> None:
    second, third = registry.register(tiny_model), registry.register(tiny_model)
    registry.promote(second)
    registry.promote(third)
    (registry.path(second) / "config.json").unlink()
    with pytest.raises(ModelCorruptError, match=r"config\.json missing"):
        registry.promote(second)
    with pytest.raises(ModelCorruptError, match=r"config\.json missing"):
        registry.rollback()
    assert registry.pointer().current == third


@pytest.mark.parametrize("version", ["4", "", "../../etc", "latest", "02"])
def test_an_unknown_version_is_refused_with_those_there_are(registry: Registry, tiny_model: Path, version: str) -> None:
    registry.register(tiny_model)
    with pytest.raises(ModelNotFoundError, match=f"no version '{version}'; there are: embedded, 2"):
        registry.path(version)


def test_a_registered_version_hides_an_embedded_one_of_the_same_number(
    registry: Registry, tiny_model: Path, tmp_path: Path, home: Path
) -> None:
    registry.register(tiny_model)
    newer = Path(shutil.copytree(tiny_model, tmp_path / "newer"))
    seal(newer, replace(read_manifest(newer), version="2"))
    after_upgrade = Registry(home, embedded=newer)
    assert after_upgrade.path("2") == home / "models" / "2"
    assert after_upgrade.path("embedded") == newer
    assert after_upgrade.register(tiny_model) == "3"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"current": "2"}', '{"current": "2", "previous": null}', "\x00"])
def test_an_unreadable_pointer_says_how_to_go_on(registry: Registry, home: Path, content: str) -> None:
    home.mkdir()
    (home / "current.json").write_text(content)
    with pytest.raises(ModelCorruptError, match=r"current\.json.*delete it to go back to the embedded model"):
        registry.pointer()


@pytest.mark.parametrize("current", ["9", "../elsewhere", None])
def test_a_pointer_to_no_version_is_refused(registry: Registry, home: Path, current: str | None) -> None:
    home.mkdir()
    (home / "current.json").write_text(json.dumps({"current": current, "previous": []}))
    with pytest.raises(ModelNotFoundError, match="there are: embedded"):
        registry.path("current")


def test_readers_never_see_half_a_pointer(registry: Registry, tiny_model: Path, home: Path) -> None:
    versions = [registry.register(tiny_model) for _ in range(2)]
    with ThreadPoolExecutor(6) as pool:
        writes = [pool.submit(registry.promote, versions[count % 2]) for count in range(40)]
        seen = {pool.submit(registry.pointer).result().current for _ in range(200)}
        assert all(write.result().current in versions for write in writes)
    assert seen <= {"embedded", *versions}
    assert sorted(path.name for path in home.iterdir()) == ["current.json", "models"]
