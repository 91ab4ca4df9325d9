"""Our side of the pipe: starts contenders, asks them, and says why one fell out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import click

from benchmarks.places import RESULTS
from benchmarks.processes import Command, last_words, running


@dataclass(frozen=True, slots=True)
class Answer:
    seconds: list[float]
    labels: list[str]


class Contender:
    def __init__(self, process: "Popen[str]", *, log: Path) -> None:
        self._process = process
        self._log = log

    def ask(self, texts: Sequence[str], *, one_by_one: bool = False) -> Answer:
        """Raises RuntimeError with its last words when it does not answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("started without a pipe")
        try:
            self._process.stdin.write(json.dumps({"texts": texts, "one_by_one": one_by_one}) + "\n")
            self._process.stdin.flush()
            return Answer(**json.loads(self._process.stdout.readline()))
        except (BrokenPipeError, json.JSONDecodeError) as error:
            raise RuntimeError(last_words(self._log.read_text(encoding="utf-8"))) from error


@dataclass(slots=True)
class Field:
    """Those that run, and those that do not with the reason."""

    running: dict[str, Contender] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@contextmanager
def contenders(commands: Mapping[str, Command]) -> Iterator[Field]:
    """Start one after another, each answering before the next starts: loading is no part of what is timed."""
    found = Field()
    with ExitStack() as stack:
        for name, command in commands.items():
            log = RESULTS / "logs" / f"{name}.log"
            contender = Contender(stack.enter_context(running(command, log=log, piped=True)), log=log)
            try:
                contender.ask(["Talks, not sanctions."])
                found.running[name] = contender
            except RuntimeError as error:
                found.failed[name] = str(error)
                click.echo(f"{name}: {error}", err=True)
        yield found
