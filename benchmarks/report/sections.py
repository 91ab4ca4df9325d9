"""Sections of the page: what was measured, in plain words, and the table."""

from benchmarks.contenders.catalogue import PIPELINE
from benchmarks.report import tables
from benchmarks.report.measured import Figures, Measured
from benchmarks.report.spread import Spread


def introduction(measured: Measured) -> str:
    found = next((figures for figures in (measured.offline, measured.server, measured.ceiling) if figures), None)
    if found is None:
        return "Nothing was measured yet: `make bench`."
    machine = found["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return f"""Measured {machine["measured"]} by `make bench`, which writes this page too.

**Machine**: {machine["processor"]}, {machine["cores"]} cores, {machine["memory_gb"]} GB; it has
{", ".join(machine["flags"]) or "none of the flags that matter"}, and lacks {", ".join(machine["lacks"]) or "none"}.
{machine["system"]}, Python {machine["python"]}, {packages}. No GPU is used.

All score the same texts with the same weights on all cores, in turns. A figure is the median over the rounds, in
brackets the lowest and the highest. Ratios are taken round by round. **They are what counts**: the machine's own
speed changes from hour to hour."""


def offline(figures: Figures) -> str:
    failed = "".join(f"\nDoes not run here: {name} ({reason})." for name, reason in figures["failed"].items())
    return f"""## Many texts

{figures["texts"]} written comments and paragraphs, {figures["tokens"]:.0f} tokens on average, at random from the test
split and in random order. Ours does everything that `classify` does: cleaning, tokens, language, windows,
calibration. ONNX Runtime and NNCF get batches sorted by length as ours; infinity sorts by itself; the pipeline does
not sort. Last column: how many labels are those of our float32. NNCF is OpenVINO with static int8, calibrated on
texts of the training split.

{tables.offline_table(figures)}
{failed}
![texts a second, and by length](benchmarks/offline.svg)"""


def lengths(figures: Figures) -> str:
    return f"""## By length

Texts of exactly so many tokens, each length on as many tokens. All being equally long, it costs the pipeline nothing
here that it does not sort.

{tables.length_table(figures)}"""


def latency(figures: Figures) -> str:
    return f"""## One text at a time

The time of one call with one text inside the process, over texts of {figures["tokens"]:.0f} tokens on average. p50:
half of the texts take no longer; p99: 99 of 100.

{tables.single_table(figures)}"""


def neighbour(figures: Figures) -> str:
    return f"""## Beside a busy neighbour

The same while another process computes without end. Three threads on two cores: a fair scheduler leaves ours two
thirds; threads that spin while they wait would be left with next to nothing.

{tables.neighbour_table(figures)}"""


def ceiling(figures: Figures) -> str:
    return f"""## How far from the processor's limit

The limit is measured: products of two square matrices of {figures["size"]:,} rows in OpenVINO. int8 is measured in
two ways, with ranges fixed beforehand and with ranges found while it runs; the faster counts. Our engines count only
useful operations: for a window of n tokens `2 P n + 4 n² h L + 2 (h² + h k)`, where P is the number of weights in the
matrices of the L layers, h the width and k the number of labels. Padding, softmax, norms and embeddings count as
nothing, so 100 % cannot be reached. Tokenizing is not part of it.

{tables.ceiling_table(figures)}"""


def server(figures: Figures) -> str:
    clients = "\n\n".join(
        f"{count} client{'s' if count > 1 else ''}:\n\n{tables.server_table(figures, clients=count)}"
        for count in figures["clients"]
    )
    failed = "".join(f"\nDid not run: {name} ({reason}).\n" for name, reason in figures["failed"].items())
    return f"""## As a server

`wrk` on the same machine, so it takes its share of the cores from everyone. Each client sends one text a request,
and the next as soon as it has the answer; loads of {figures["seconds"]} s, after a warm-up. Every server is started
anew in each round. One client is the time of one text over HTTP. "Not 2xx" counts answers that are refusals or
errors; they are not in the rate. "Too long to tell": an answer took more than half the length of a load.

![requests a second and slowest answers, by the number of clients](benchmarks/server.svg)

{clients}
{failed}
Memory is that of all processes of a server together; pages that they share count for each.

{tables.server_cost_table(figures)}"""


def footprint(figures: Figures) -> str:
    starts = figures["cold_starts"]
    answer = Spread.of([start["first_answer_s"] for start in starts]).show(2)
    loaded = Spread.of([start["load_s"] for start in starts]).show(2)
    install = (
        "An environment with the base package alone" if figures["base_install"] else "The environment of development"
    )
    memory = figures["serving"]
    return f"""## What it takes

- From the first import to the first answer, in a fresh process: {answer} s; until the model is loaded: {loaded} s.
- `stance serve` after its first answer: {memory["resident_mb"]:,.0f} MB resident, {memory["peak_mb"]:,.0f} MB at most.
- {install}: {figures["install_mb"]:,.0f} MB of site-packages,
  and {figures["package_mb"]:,.0f} MB of our own with the model."""


def peers(figures: Figures) -> str:
    return f"""## The peers

Each in an environment of its own, made by `python -m benchmarks.peers`; the scripts that serve them are in
`benchmarks/peers`. {PIPELINE} runs in ours. infinity is used as its command line comes, with batches of 32; LitServe,
BentoML and Ray Serve batch by their own means up to 32 texts. PyTorch's waiting threads sleep
(`OMP_WAIT_POLICY=PASSIVE`), which the peers gain by on few cores. NNCF is
calibrated on {figures["calibrated_on"]} texts.

{tables.peers_table(figures)}"""
