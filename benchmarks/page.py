"""Writes docs/benchmarks.md and its plots out of what was measured: python -m benchmarks.page."""

from collections.abc import Callable, Iterator

import click
from tabulate import tabulate

from benchmarks.places import PAGE, PLOTS
from benchmarks.report import sections
from benchmarks.report.comparison import worse
from benchmarks.report.marks import marks
from benchmarks.report.measured import Figures, Measured
from benchmarks.report.plots import draw_offline, draw_server

_SECTIONS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("offline", sections.offline),
    ("lengths", sections.lengths),
    ("latency", sections.latency),
    ("neighbour", sections.neighbour),
    ("ceiling", sections.ceiling),
    ("server", sections.server),
    ("footprint", sections.footprint),
    ("peers", sections.peers),
)


@click.command()
def main() -> None:
    """Write the page."""
    measured = Measured.read()
    PLOTS.mkdir(parents=True, exist_ok=True)
    if measured.offline:
        draw_offline(measured.offline, measured.lengths, PLOTS / "offline.svg")
    if measured.server:
        draw_server(measured.server, PLOTS / "server.svg")
    PAGE.write_text("\n\n".join(_parts(measured)) + "\n", encoding="utf-8")
    click.echo(f"wrote {PAGE.name} and its plots", err=True)


def _parts(measured: Measured) -> Iterator[str]:
    yield "# How fast it is"
    yield sections.introduction(measured)
    rows = [mark.row for mark in marks(measured)]
    yield "## What was aimed at"
    yield tabulate(rows, headers=["aim", "measured", "reached"], tablefmt="github", disable_numparse=True)
    yield "## Where a peer is better"
    behind = worse(measured)
    yield "\n".join(f"- {sentence}" for sentence in behind) if behind else "In none of the figures below."
    for name, section in _SECTIONS:
        figures = getattr(measured, name)
        yield section(figures) if figures else f"Not measured: {name}."


if __name__ == "__main__":
    main()
