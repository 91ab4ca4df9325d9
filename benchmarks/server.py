"""Ours beside the installed peers as servers, under the load of `wrk`: python -m benchmarks.server.

One server at a time, in turns; each is started anew in every round, loaded with one text a request at several numbers
of clients, and stopped. Writes build/bench/server.json.
"""

from typing import Any

import click

from benchmarks.processes import memory_mb
from benchmarks.results import installed_peers, save
from benchmarks.samples import timed_texts
from benchmarks.servers import Server, available
from benchmarks.serving import serving
from benchmarks.wrk import load, require_wrk, write_bodies

CLIENTS = (1, 8, 32, 128)
_WARM_UP_CLIENTS, _WARM_UP_SECONDS = 32, 2
_TEXTS = 1000


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How often each server is started and loaded.")
@click.option("--seconds", default=3, show_default=True, help="How long each load lasts.")
@click.option("--only", multiple=True, help="Measure this server only; may be repeated.")
def main(rounds: int, seconds: int, only: tuple[str, ...]) -> None:
    """Measure requests a second and the time of an answer at several numbers of clients."""
    require_wrk()
    servers = {name: server for name, server in available(installed_peers()).items() if not only or name in only}
    texts = timed_texts(_TEXTS)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in servers}
    failed: dict[str, str] = {}
    for _ in range(rounds):
        for name, server in servers.items():
            if name not in failed:
                try:
                    found[name].append(_visit(name, server, texts, seconds=seconds))
                except RuntimeError as error:
                    failed[name] = str(error)
                    click.echo(f"{name}: {error}", err=True)
        save("server", seconds=seconds, clients=CLIENTS, servers=found, failed=failed)


def _visit(name: str, server: Server, texts: list[str], *, seconds: int) -> dict[str, Any]:
    bodies = write_bodies(name, server, texts)
    with serving(name, server) as running:
        before = memory_mb(running.pid)
        load(running.url, bodies, clients=_WARM_UP_CLIENTS, seconds=_WARM_UP_SECONDS)
        loads = {}
        for clients in CLIENTS:
            running.settle()
            loads[str(clients)] = found = load(running.url, bodies, clients=clients, seconds=seconds)
            click.echo(
                f"{name}, {clients} clients: {found['rate']:.1f} requests/s, p50 {found['p50_ms']:.1f} ms, "
                f"p99 {found['p99_ms']:.1f} ms, refused {found['refused']}, broken {found['broken']}",
                err=True,
            )
        return {
            "start_seconds": running.start_seconds,
            "memory_before": before,
            "memory_after": memory_mb(running.pid),
            "loads": loads,
        }


if __name__ == "__main__":
    main()
