"""Where the benchmarks keep things. Imported in the peers' environments too: nothing but the standard library."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "model" / "default"
RESULTS = ROOT / "build" / "bench"
PEERS = ROOT / "build" / "peers"
# Graphs that peers made of our weights.
GRAPHS = PEERS / "graphs"
REQUIREMENTS = Path(__file__).parent / "peers" / "requirements"
PAGE = ROOT / "docs" / "benchmarks.md"
PLOTS = ROOT / "docs" / "benchmarks"


def executable(peer: str, name: str = "python") -> Path:
    """A program in the environment of `peer`."""
    return PEERS / peer / "bin" / name
