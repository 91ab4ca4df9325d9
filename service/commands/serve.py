"""`stance serve`: the REST service in this process, until it is told to stop."""

import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from model.errors import StanceError
from service.logs import log_config
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from model.classifier import StanceClassifier

# Over the deadline of the last request: time to send its answer.
_GRACE_SECONDS = 5


@click.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 unless told otherwise.")
@click.option("--port", type=int, help="Port to listen on; 8000 unless told otherwise, 0 picks a free one.")
@click.option("--model", metavar="DIR|VERSION", help="Model directory, registered version, `current` or `embedded`.")
@click.option("--engine", help="Engine that runs the model; `auto` picks by what the processor has.")
@click.option("--threads", type=int, help="Processor threads for inference; one per core unless told otherwise.")
@click.option("--keys-file", type=click.Path(path_type=Path), help="File of API keys; see `stance keys`.")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Folder of the model registry.")
def serve(**flags: Any) -> None:
    """Run the REST service; its documentation is at /docs.

    Every option is also a setting: --port is STANCE_PORT in the environment or in an .env file.

    \b
    Example:
        stance serve --port 8000 &
        curl localhost:8000/v1/classify -H 'Content-Type: application/json' \\
             -d '{"texts": ["Talking to Moscow beats another cold war."]}'
    """
    # Before anything that takes time: as process 1 of a container, a signal without a handler goes unheard.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from service.loading import load_classifier

    settings = read_settings(**flags)
    classifier = load_classifier(settings)
    with _listen(settings.host, settings.port) as listener:
        address = f"[{settings.host}]" if ":" in settings.host else settings.host
        served = f"{classifier.manifest.reference} ({classifier.engine.name})"
        click.echo(f"Serving {served} at http://{address}:{listener.getsockname()[1]} - docs at /docs, Ctrl-C to stop")
        _run(settings, classifier, listener)


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StanceError(f"cannot listen on {host} port {port}: {error.strerror}; choose another --port") from error
    # Connections inherit this; asyncio sets it only on sockets it made. Without it an answer waits 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _run(settings: Settings, classifier: "StanceClassifier", listener: socket.socket) -> None:
    import uvicorn

    from service.api.app import create_app
    from service.http_protocol import BoundedHeadProtocol

    config = uvicorn.Config(
        create_app(settings, classifier),
        log_config=log_config(settings.log_format),
        access_log=False,
        http=BoundedHeadProtocol,
        server_header=False,
        timeout_graceful_shutdown=int(settings.deadline_seconds) + _GRACE_SECONDS,
    )
    # uvicorn drains on SIGTERM and SIGINT and then raises the signal again: by then, all is well.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
