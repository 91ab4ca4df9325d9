"""The image without a container: a wheel of ours, run as the Dockerfile runs it, in folders of the test's."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_support import PATIENCE
from deploy_support import ROOT, read_image

pytestmark = pytest.mark.slow
ROOMS = ["model", "service", "training"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs, and the command in `bin`."""
    folder = tmp_path_factory.mktemp("image")
    run("hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist"))
    wheel = next((folder / "dist").glob("*.whl"))
    run("pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder / "venv"), str(wheel))
    return folder / "venv"


def run(module: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def environment(installed: Path, folder: Path) -> dict[str, str]:
    """The image's, with folders of this test; nothing can be written under HOME, by whomever."""
    (folder / "home").write_text("")
    (folder / "data").mkdir()
    (folder / "tmp").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    own = {name: value.replace("/data", str(folder / "data")) for name, value in read_image().environment.items()}
    path = f"{installed / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    places = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(installed)}
    return {**own, **places, "PATH": path, "STANCE_HOST": "127.0.0.1", "STANCE_PORT": port}


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The image's command, ready by the image's own health check, and its environment."""
    variables = environment(installed, tmp_path)
    command = read_image().command
    running = subprocess.Popen(
        [str(installed / "bin" / command[0]), *command[1:]],
        cwd=tmp_path / "data",
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        await_health(running, variables)
        yield running, variables
    finally:
        running.kill()
        running.communicate()


def await_health(running: subprocess.Popen[str], variables: dict[str, str]) -> None:
    end = time.monotonic() + 3 * PATIENCE
    while healthy(variables) != 0:
        assert running.poll() is None, "it ended before it was ready"
        assert time.monotonic() < end, "never became healthy"
        time.sleep(0.2)


def healthy(variables: dict[str, str]) -> int:
    command = read_image().health_check
    python = str(Path(sys.executable).with_name(command[0]))
    return subprocess.run([python, *command[1:]], env=variables, capture_output=True, timeout=PATIENCE).returncode


def test_the_wheel_holds_every_file_of_the_three_rooms(installed: Path) -> None:
    """The model, the migrations and their template among them."""
    own = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    names = {str(path.relative_to(ROOT)) for path in own if path.parent.name != "__pycache__"}
    assert {"model/default/model.safetensors", "service/store/migrations/script.py.mako"} <= names
    assert {name for name in names if not (installed / name).is_file()} == set()


def test_the_image_s_command_serves_and_stops_with_every_label_kept(
    served: tuple[subprocess.Popen[str], dict[str, str]], tmp_path: Path
) -> None:
    running, variables = served
    url = f"http://127.0.0.1:{variables['STANCE_PORT']}"
    scored = httpx.post(f"{url}/v1/classify", json={"texts": ["Lift the sanctions and talk."]}, timeout=PATIENCE)
    assert scored.json()["results"][0]["label"] == "supportive"
    stored = httpx.post(f"{url}/v1/labels", json={"labels": [{"text": "peace", "label": "supportive"}]})
    assert stored.status_code == 201, stored.text
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=3 * PATIENCE)
    assert (running.returncode, errors) == (0, "")
    with sqlite3.connect(tmp_path / "data" / "stance.db") as database:
        assert database.execute("select count(*) from labels").fetchone() == (1,)
    assert list((tmp_path / "tmp").iterdir()) == [], "nothing is left behind"


def test_the_health_check_fails_where_nobody_serves(installed: Path, tmp_path: Path) -> None:
    assert healthy(environment(installed, tmp_path)) == 1


def test_the_installed_package_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    """Else the tests above would have tried the working tree."""
    script = (
        "import json, model, service, training; print(json.dumps([m.__file__ for m in (model, service, training)]))"
    )
    variables = environment(installed, tmp_path)
    done = subprocess.run([sys.executable, "-c", script], env=variables, cwd=tmp_path, capture_output=True, check=True)
    assert all(Path(file).is_relative_to(installed) for file in json.loads(done.stdout))
