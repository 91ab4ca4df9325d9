"""`stance serve` as a process, and what only a real server shows: signals and closed connections."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlparse

import httpx
import pytest
from api_support import PATIENCE, FakeEngine, listening, with_engine
from click.testing import CliRunner

from model.batching import LENGTH_MULTIPLE
from model.classifier import StanceClassifier
from model.errors import SettingsError, StanceError
from model.registry import Registry, find_model
from service.commands.serve import _listen, serve
from service.loading import load_classifier
from service.settings import Settings, read_settings

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("STANCE_")}


def start(*flags: str, folder: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [stance(), "serve", *flags],
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stance() -> str:
    return str(Path(sys.executable).with_name("stance"))


def until(condition: object) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def process(tiny_model: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server started with a wrong port in its environment and the right one in its flags, and its first line."""
    running = start(
        "--port", "0", "--model", str(tiny_model), "--engine", "torch-float32", folder=tmp_path, STANCE_PORT="1"
    )
    assert running.stdout
    yield running, running.stdout.readline()
    running.kill()
    running.communicate()


def test_one_line_says_what_is_served_where_and_sigterm_drains(process: tuple[subprocess.Popen[str], str]) -> None:
    running, line = process
    found = re.fullmatch(
        r"Serving tiny@1 \(torch-\w+-float32\) at (http://127\.0\.0\.1:\d+) - docs at /docs, Ctrl-C to stop\n", line
    )
    assert found, line
    url = found[1]
    answers: list[httpx.Response] = []
    body = {"texts": ["talk to moscow and lift the sanctions " * 20] * 300}
    sender = threading.Thread(target=lambda: answers.append(httpx.post(f"{url}/v1/classify", json=body, timeout=60)))
    with httpx.Client() as watcher:
        sender.start()
        until(lambda: answers or "stance_queue_tokens 0.0" not in watcher.get(f"{url}/metrics").text)
        running.send_signal(signal.SIGTERM)
        sender.join(60)
    assert answers[0].json()["counts"] == {"ok": 300, "failed": 0}
    output, errors = running.communicate(timeout=30)
    assert running.returncode == 0
    assert errors == ""
    assert "POST '/v1/classify' 200" in output
    assert "sanctions" not in output


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["--port", "70000"], 2, "--port: "),
        (["--model", "."], 1, "not a model directory"),
        (["--engine", "steam"], 2, "steam"),
        (["--threads", "many"], 2, "--threads"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_an_exit_code(
    tiny_model: Path, tmp_path: Path, flags: list[str], code: int, said: str
) -> None:
    running = start("--model", str(tiny_model), "--home", str(tmp_path), *flags, folder=tmp_path)
    output, errors = running.communicate(timeout=60)
    assert (running.returncode, output) == (code, "")
    assert said in errors
    assert "Traceback" not in errors


def test_a_port_in_use_is_said_plainly(tiny_model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = CliRunner().invoke(serve, ["--model", str(tiny_model), "--port", port])
    assert isinstance(answer.exception, StanceError)
    assert re.fullmatch(rf"cannot listen on 127\.0\.0\.1 port {port}: .+; choose another --port", str(answer.exception))


def test_connections_send_small_answers_at_once() -> None:
    with (
        _listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_model_may_be_a_directory_or_a_registered_version(tiny_model: Path, tmp_path: Path) -> None:
    version = Registry(tmp_path, embedded=tiny_model).register(tiny_model)
    assert find_model(str(tiny_model), home=read_settings().home) == tiny_model
    assert find_model(version, home=tmp_path) == tmp_path / "models" / version
    loaded = load_classifier(read_settings(model=version, home=tmp_path, engine="torch-float32"))
    assert loaded.manifest.reference == f"tiny@{version}"


def test_work_of_a_client_that_hangs_up_is_dropped(classifier: StanceClassifier) -> None:
    engine = FakeEngine(classifier.engine)
    engine.gate.clear()

    def queued(url: str) -> float:
        return float(re.search(r"^stance_queue_tokens (\S+)$", httpx.get(f"{url}/metrics").text, re.M)[1])  # type: ignore[index]

    with listening(with_engine(classifier, engine)) as url:
        first = threading.Thread(target=lambda: httpx.post(f"{url}/v1/classify", json={"texts": ["peace"]}, timeout=60))
        first.start()
        until(engine.entered.is_set)
        with hang_up_later(url, {"texts": ["it is a trap"]}):
            until(lambda: queued(url) == 2 * LENGTH_MULTIPLE)
        until(lambda: queued(url) == LENGTH_MULTIPLE)
        assert 'stance_shed_total{reason="client-gone"} 1.0' in httpx.get(f"{url}/metrics").text
        engine.gate.set()
        first.join(PATIENCE)
        assert httpx.get(f"{url}/readyz").status_code == 200
    assert len(engine.batches) == 2, "the first text and the canary"


def hang_up_later(url: str, body: object) -> socket.socket:
    """Send a request and return its connection, which is closed where the `with` block ends."""
    address = urlparse(url)
    content = json.dumps(body)
    connection = socket.create_connection((address.hostname, address.port))
    head = f"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    connection.sendall(f"{head}\r\n\r\n{content}".encode())
    return connection


def test_help_shows_an_example() -> None:
    answer = CliRunner().invoke(serve, ["--help"])
    assert answer.exit_code == 0
    assert "stance serve --port 8000" in answer.output


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("STANCE_PORT=1\nSTANCE_HOST=file\nSTANCE_MODEL=file\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STANCE_PORT", "2")
    monkeypatch.setenv("STANCE_HOST", "environment")
    monkeypatch.setenv("STANCE_THREADS", "")
    settings = read_settings(port=3, host=None)
    assert (settings.port, settings.host, settings.model, settings.threads) == (3, "environment", "file", None)


def test_a_bad_setting_names_where_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_MAX_TEXTS", "many")
    with pytest.raises(SettingsError, match=r"^STANCE_MAX_TEXTS: (?!.*many)"):
        read_settings()


def test_headers_without_end_are_cut_off(classifier: StanceClassifier) -> None:
    """They come before any key or limit of a route is looked at, and are kept in memory."""
    with listening(classifier) as url:
        address = url.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1])), timeout=PATIENCE) as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n")
            with suppress(ConnectionError):
                for number in range(1_000):
                    connection.sendall(b"X-%d: " % number + b"a" * 1_000 + b"\r\n")
            with suppress(ConnectionError):  # a connection that stays open ends in a timeout, which is another error
                assert connection.recv(100)[:12] in (b"HTTP/1.1 400", b"")
        assert httpx.get(f"{url}/livez", headers={"X-Long": "a" * 30_000}).status_code == 200


def test_a_large_body_is_no_head(classifier: StanceClassifier) -> None:
    with listening(classifier) as url, httpx.Client() as client:
        for _ in range(3):
            answer = client.post(f"{url}/v1/classify", json={"texts": ["talk to moscow " * 3_000] * 2})
            assert answer.status_code == 200, answer.text
