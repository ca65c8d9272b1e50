"""Rows of facts as lines of JSON, CSV or an aligned table; lines appear while the rows are made."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from tcmoa_bench.reports.tables.table import MISSING

Rows = Iterable[Mapping[str, object]]


def json_lines(rows: Rows) -> Iterator[str]:
    """A JSON array (RFC 8259: no NaN, no Infinity), one row a line."""
    previous = None
    yield "["
    for row in rows:
        if previous is not None:
            yield previous + ","
        previous = json.dumps(row, ensure_ascii=False, allow_nan=False)
    if previous is not None:
        yield previous
    yield "]"


def csv_lines(rows: Rows) -> Iterator[str]:
    """CSV with a head; a missing value reads `n/a`, numbers are in full."""
    head = False
    for row in rows:
        if not head:
            yield _csv(row)
            head = True
        yield _csv(_text(key, value) for key, value in row.items())


def table_lines(rows: Rows) -> Iterator[str]:
    """An aligned table for a terminal: metric, value or the reason there is none, direction, signature."""
    facts = list(rows)
    many = len({row["fused"] for row in facts}) > 1
    lines = [
        [
            *([str(row["fused"])] if many else []),
            f"{row['metric']}@{row['convention']}",
            f"{row['value']:.6f}" if isinstance(row["value"], float) else MISSING,
            "↑" if row["higher_is_better"] else "↓",
            str(row["reason"] or row["signature"]),
        ]
        for row in facts
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))] if lines else []
    numbers = 2 if many else 1
    for line in lines:
        cells = [
            t.rjust(w) if i == numbers else t.ljust(w)
            for i, (t, w) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _csv(items: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(items)
    return buffer.getvalue()


def _text(key: str, value: object) -> str:
    if value is None:
        return MISSING if key == "value" else ""
    return repr(value) if isinstance(value, float) else str(value)


LINES: Mapping[str, Callable[[Rows], Iterator[str]]] = {
    "json": json_lines,
    "csv": csv_lines,
    "table": table_lines,
}
