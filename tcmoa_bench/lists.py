"""Lists of files that users write: CSV, every cell text whatever it looks like."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tcmoa_bench.errors import BenchError
from tcmoa_bench.images import show


@dataclass(frozen=True)
class ListRow:
    """One row of a list.

    Attributes:
        line: Number of its last line in the file.
        cells: Its cells by column; those that it lacks are absent.
        problem: What is wrong with it, naming file and line; empty if nothing is.
    """

    line: int
    cells: dict[str, str]
    problem: str = ""


def read_list(path: Path, needed: Sequence[str], head: str) -> list[ListRow]:
    """Rows of a CSV file that are not blank.

    Args:
        path: The file, UTF-8, with a head line (any case).
        needed: Columns that must be there and must have a value in each row.
        head: What the head line may hold, for messages.

    Raises:
        BenchError: There is no such file, it is no CSV, or a column is missing or named twice.
    """
    where, line = show(path), 1
    try:
        # Paths in an old encoding come through byte for byte, as file names do.
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            if _begins(path) in _UTF_16:
                raise BenchError(f"{where} is UTF-16, as spreadsheets save it; save it as CSV in UTF-8")
            reader = csv.reader(file, strict=True)
            columns = [cell.strip().lower() for cell in next(reader, [])]
            missing = [column for column in needed if column not in columns]
            if missing:
                raise BenchError(
                    f"{where} has no column {' and '.join(missing)}; its first line must be `{head}`, its text UTF-8 "
                    f"({_found(columns)})"
                )
            if len(set(columns)) != len(columns):
                raise BenchError(f"{where} names a column twice in its first line: {','.join(columns)}")
            rows = []
            for cells in reader:
                line = reader.line_num
                if any(cell.strip() for cell in cells):
                    row = dict(zip(columns, cells, strict=False))
                    problem = _problem(cells, row, columns, needed)
                    rows.append(ListRow(line, row, problem and f"{where}, line {line}: {problem}"))
            return rows
    except FileNotFoundError:
        raise BenchError(f"no such file: {where}") from None
    except OSError as error:
        raise BenchError(f"cannot read {where}: {error.strerror or error}") from None
    except csv.Error as error:
        raise BenchError(
            f"{where} is no CSV after line {line} ({error}); is a double quote left open there?"
        ) from None


_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def _begins(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(2)


def _found(columns: Sequence[str]) -> str:
    """What a first line holds instead, and the separator that it was written with."""
    if not columns:
        return "it is empty"
    for separator, name in ((";", "a semicolon"), ("\t", "a tab")):
        if len(columns) == 1 and separator in columns[0]:
            return f"its separator is {name}, a comma is expected"
    return f"it has {', '.join(columns)}"


def _problem(cells: list[str], row: dict[str, str], columns: list[str], needed: Sequence[str]) -> str:
    if len(cells) > len(columns):
        return f"{len(cells)} cells for {len(columns)} columns; put cells with commas in double quotes"
    if any("\0" in cell for cell in cells):
        return "a cell holds a NUL character; save the file as UTF-8 text"
    absent = [column for column in needed if not row.get(column)]
    if absent:
        return f"{' and '.join(f'`{column}`' for column in absent)} must name a file"
    return ""
