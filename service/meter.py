"""Progress on a terminal: rows, rows a second, and the time left; silence in a pipe."""

import sys
from time import monotonic

from tqdm import tqdm

_BAR = "{desc} {percentage:3.0f}%|{bar}|{postfix} [{elapsed}<{remaining}]"


class Meter:
    """A progress bar up to `total`, of whatever unit (bytes of input, say); `start` of it was done before."""

    def __init__(self, label: str, *, total: int, start: int = 0) -> None:
        self._bar = tqdm(desc=label, total=total, initial=start, bar_format=_BAR, disable=not sys.stderr.isatty())
        self._began = monotonic()
        self._rows = 0

    def advance(self, rows: int, *, to: int | None = None) -> None:
        """Show `rows` more, and the bar at `to`; without it, the unit is rows."""
        self._rows += rows
        if not self._bar.disable:
            rate = self._rows / max(monotonic() - self._began, 1e-9)
            self._bar.set_postfix_str(f"{self._rows:,} rows, {rate:,.0f} rows/s", refresh=False)
            self._bar.update(rows if to is None else to - self._bar.n)

    def close(self) -> None:
        self._bar.close()
