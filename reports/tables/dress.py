"""A table made fit for its place: names and signatures as a paper wants them, columns as a terminal takes them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from tcmoa_bench.registry import unknown
from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell, to_text

#: How a table's footnote gives the metrics' definitions.
Signatures = Literal["footnote", "short", "none"]

_SIGNATURES = "Signatures: "
#: Footnotes that speak of metrics alone; damages in them are called like fusers (`average`).
_OF_METRICS = (_SIGNATURES, "On trial ")


def renamed(table: Table, names: Mapping[str, str]) -> Table:
    """The table with other names for fusers and metrics; arrows behind a metric's name stay, and definitions too.

    Raises:
        BenchError: A name is of no row and no column.
    """
    heads = [*(label for label, _ in table.rows), *table.columns]
    known = {head.rpartition(" ")[0] if head.endswith(("↑", "↓")) else head for head in heads}
    for name in names:
        if name not in known:
            raise unknown("name", name, known)

    def new(head: str) -> str:
        if head in names:
            return names[head]
        name, blank, arrow = head.rpartition(" ")
        return f"{names[name]}{blank}{arrow}" if name in names else head

    rows = tuple((new(label), cells) for label, cells in table.rows)
    fusers = {label: names[label] for label, _ in table.rows if label in names}
    notes = tuple(note if note.startswith(_OF_METRICS) else _with_names(note, fusers) for note in table.notes)
    return replace(table, columns=tuple(map(new, table.columns)), rows=rows, notes=notes)


def _with_names(note: str, names: Mapping[str, str]) -> str:
    """A footnote in which fusers have the names that they have in the table."""
    if not names:
        return note
    # Longest first: `gff:r=4` is not `gff` with something behind it.
    either = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.sub(rf"(?<![\w@:=-])(?:{either})(?![\w@:=-])", lambda hit: names[hit[0]], note)


def signed(table: Table, how: Signatures) -> Table:
    """The table with full signatures, short ones (settings without their keys), or none in its footnotes."""
    change: Mapping[Signatures, Callable[[str], str]] = {
        "footnote": lambda note: note,
        "short": lambda note: (
            _SIGNATURES + "; ".join(map(_short, note.removeprefix(_SIGNATURES).split("; ")))
        ),
        "none": lambda note: "",
    }
    notes = (change[how](note) if note.startswith(_SIGNATURES) else note for note in table.notes)
    return replace(table, notes=tuple(note for note in notes if note))


def _short(signature: str) -> str:
    """`SD@x|v1|gray:luma|in:uint8` as `SD@x|v1|luma|uint8`, as `Metric.signature(short=True)` gives it."""
    return "|".join(part.partition(":")[2] or part for part in signature.split("|"))


def side_by_side(tables: Sequence[Table], title: str) -> Table:
    """Tables of one kind as groups of columns of one: each table's title is its group's name.

    A row that a table lacks has no values there. Footnotes that all share stand once, others begin with their group.
    """
    labels = dict.fromkeys(label for table in tables for label, _ in table.rows)
    rows = []
    for label in labels:
        cells: list[TableCell] = []
        for table in tables:
            own = dict(table.rows)
            cells += own.get(label, [TableCell(MISSING)] * len(table.columns))
        rows.append((label, tuple(cells)))
    shared = [note for note in tables[0].notes if all(note in table.notes for table in tables)]
    other = [f"{table.title}: {note}" for table in tables for note in table.notes if note not in shared]
    signatures = [note for note in shared if note.startswith(_SIGNATURES)]
    notes = (*(note for note in shared if note not in signatures), *other, *signatures)
    groups = tuple((table.title, len(table.columns)) for table in tables)
    columns = tuple(head for table in tables for head in table.columns)
    return Table(title, tables[0].corner, columns, tuple(rows), notes, groups=groups)


def fitted_text(table: Table, width: int) -> str:
    """Plain text of a table that is not wider than a terminal, where that can be had.

    A table that is too wide is turned if that helps, else its columns are set in several blocks. Footnotes are wrapped.
    """
    table = table.flat()
    for whole in (table, table.transposed()):
        if _width(whole) <= width:
            return to_text(_wrapped(whole, width))
    blocks: list[list[int]] = [[]]
    for column in range(len(table.columns)):
        if blocks[-1] and _width(_part(table, [*blocks[-1], column])) > width:
            blocks.append([])
        blocks[-1].append(column)
    parts = [to_text(replace(_part(table, block), title="", notes=())).strip("\n") for block in blocks]
    notes = (
        to_text(_wrapped(replace(table, rows=(), columns=(), corner=""), width))
        .split("\n\n", 1)[1]
        .strip("\n")
    )
    return "\n\n".join([table.title, *parts, notes]) + "\n"


def _part(table: Table, columns: list[int]) -> Table:
    rows = tuple((label, tuple(cells[i] for i in columns)) for label, cells in table.rows)
    return replace(table, columns=tuple(table.columns[i] for i in columns), rows=rows)


def _width(table: Table) -> int:
    body = to_text(replace(table, title="", notes=()))
    return max(map(len, body.splitlines()), default=0)


def _wrapped(table: Table, width: int) -> Table:
    notes = ("\n".join(textwrap.wrap(note, width, break_on_hyphens=False)) for note in table.notes)
    return replace(table, notes=tuple(notes))
