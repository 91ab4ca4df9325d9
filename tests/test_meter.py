"""Progress shows on a terminal only."""

import io
import sys

import pytest

from service.meter import Meter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal(), True), (io.StringIO(), False)])
def test_rows_rate_and_time_left_show_on_a_terminal(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, shown: bool):
    monkeypatch.setattr(sys, "stderr", stream)
    meter = Meter("scoring", total=400, start=100)
    meter.advance(1500, to=200)
    meter.close()
    last = stream.getvalue().split("\r")[-1]
    assert bool(last) is shown
    assert ("scoring  50%|" in last and ", 1,500 rows, " in last and " rows/s [00:00<" in last) is shown
