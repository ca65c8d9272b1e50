"""Lists that fit a screen: columns as wide as they need, the last one cut where the line ends."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

#: Columns of a list that goes to a file or a pipe.
WIDTH = 100


def width() -> int:
    """Columns of the terminal, `WIDTH` where standard output is none; never below 60, where nothing could be read."""
    return max(60, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH


def columns(rows: Sequence[Sequence[str]], most: int | None = None) -> Iterator[str]:
    """Rows of equally many cells as aligned lines of at most `most` characters; what is cut ends with an ellipsis."""
    most = most or width()
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        line = "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
        yield line if len(line) <= most else line[: most - 1].rstrip(" ,;:") + "…"
