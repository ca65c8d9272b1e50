"""A table as rows of marked cells, and its renderings: Markdown, CSV, LaTeX, HTML, JSON."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

#: How a value that does not exist is spelled in every format.
MISSING = "n/a"


@dataclass(frozen=True)
class TableCell:
    """One cell.

    Attributes:
        text: What is printed.
        value: The number behind it, in full; None where there is none.
        mark: `best`, `second` or nothing.
        note: Sign that refers to a footnote, such as `*`.
        facts: Further values for JSON (n, published, difference).
    """

    text: str
    value: float | None = None
    mark: Literal["", "best", "second"] = ""
    note: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Rows and columns with labels.

    Attributes:
        title: Caption.
        corner: Head of the label column.
        columns: Heads of the value columns.
        rows: Label and cells.
        notes: Footnotes, one sentence each.
        label: What LaTeX refers to it by, such as `tab:results`; empty for none.
        groups: Names over neighbouring columns, each with the number of its columns; none, or all columns are in one.
        wide: Whether LaTeX sets it across both columns of a page (`table*`).
    """

    title: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[TableCell, ...]], ...]
    notes: tuple[str, ...] = ()
    label: str = ""
    wide: bool = False
    groups: tuple[tuple[str, int], ...] = ()

    def flat(self) -> Table:
        """The table without groups of columns: their names stand in front of the columns'."""
        if not self.groups:
            return self
        names = [name for name, count in self.groups for _ in range(count)]
        heads = (f"{name}: {head}" for name, head in zip(names, self.columns, strict=True))
        return replace(self, columns=tuple(heads), groups=())

    def __str__(self) -> str:
        return to_text(self)

    def _repr_html_(self) -> str:
        return to_html(self)

    def transposed(self) -> Table:
        """Rows and columns exchanged."""
        flat = self.flat()
        labels = tuple(label for label, _ in flat.rows)
        cells = zip(*(cells for _, cells in flat.rows), strict=True)
        return replace(flat, corner="", columns=labels, rows=tuple(zip(flat.columns, cells, strict=True)))


def to_text(table: Table) -> str:
    """Plain text for a terminal: best `*`, second `+`, columns aligned."""
    table = table.flat()
    marks = {"": "", "best": "*", "second": "+"}
    head = [table.corner, *table.columns]
    body = [[label, *(c.text + c.note + marks[c.mark] for c in cells)] for label, cells in table.rows]
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]

    def line(items: Sequence[str]) -> str:
        first, *rest = items
        return "  ".join(
            [first.ljust(widths[0]), *(t.rjust(w) for t, w in zip(rest, widths[1:], strict=True))]
        ).rstrip()

    notes = [note.replace("Best bold, second underlined.", "* best, + second.") for note in table.notes]
    return "\n".join([table.title, "", line(head), *map(line, body), "", *notes]) + "\n"


def to_markdown(table: Table) -> str:
    """GitHub Markdown, aligned to be read in a terminal too: best `**bold**`, second `<u>underlined</u>`."""
    table = table.flat()
    marks = {"": "{}", "best": "**{}**", "second": "<u>{}</u>"}
    head = [_md(table.corner), *map(_md, table.columns)]
    body = [
        [_md(label), *(marks[c.mark].format(_md(c.text)) + _md(c.note) for c in cells)]
        for label, cells in table.rows
    ]
    widths = [max(3, *(len(line[i]) for line in [head, *body])) for i in range(len(head))]

    def line(items: Sequence[str]) -> str:
        first, *rest = items
        return (
            "| "
            + " | ".join(
                [first.ljust(widths[0]), *(t.rjust(w) for t, w in zip(rest, widths[1:], strict=True))]
            )
            + " |"
        )

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
    lines = [f"**{_md(table.title)}**", "", line(head), rule, *map(line, body)]
    if table.notes:
        lines += ["", *(f"{_md(note)}  " for note in table.notes)]
    return "\n".join(lines) + "\n"


def to_csv(table: Table) -> str:
    """CSV with full-precision numbers; no marks. Columns of means are followed by their n, each in a column `n NAME`."""
    table = table.flat()
    counted = [i for i in range(len(table.columns)) if any("n" in cells[i].facts for _, cells in table.rows)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([table.corner, *table.columns, *(f"n {table.columns[i]}" for i in counted)])
    for label, cells in table.rows:
        values = [repr(c.value) if c.value is not None else c.text for c in cells]
        writer.writerow([label, *values, *(cells[i].facts.get("n", "") for i in counted)])
    return buffer.getvalue()


def to_latex(table: Table) -> str:
    """LaTeX that compiles as it is with `booktabs`: best bold, second underlined, arrows in math mode."""
    marks = {"": "{}", "best": r"\textbf{{{}}}", "second": r"\underline{{{}}}"}
    kind = "table*" if table.wide else "table"
    lines = [
        "% needs \\usepackage{booktabs}",
        rf"\begin{{{kind}}}[t]",
        r"\centering",
        rf"\caption{{{_tex(table.title)}}}",
        *([rf"\label{{{table.label}}}"] if table.label else []),
        rf"\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
        r"\toprule",
        *_tex_groups(table),
        " & ".join(map(_tex, [table.corner, *table.columns])) + r" \\",
        r"\midrule",
    ]
    for label, cells in table.rows:
        texts = [
            marks[c.mark].format(_tex(c.text)) + (f"$^{{{_tex(c.note)}}}$" if c.note else "") for c in cells
        ]
        lines.append(" & ".join([_tex(label), *texts]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\footnotesize {_tex(note)}" for note in table.notes]
    return "\n".join([*lines, rf"\end{{{kind}}}"]) + "\n"


def _tex_groups(table: Table) -> list[str]:
    """The names of groups of columns, each with a rule below its columns."""
    if not table.groups:
        return []
    heads, rules, column = [""], [], 2
    for name, count in table.groups:
        heads.append(rf"\multicolumn{{{count}}}{{c}}{{{_tex(name)}}}")
        rules.append(rf"\cmidrule(lr){{{column}-{column + count - 1}}}")
        column += count
    return [" & ".join(heads) + r" \\", " ".join(rules)]


def to_html(table: Table) -> str:
    """An HTML `table` element: best in `<strong>`, second in `<u>`."""
    marks = {"": "{}", "best": "<strong>{}</strong>", "second": "<u>{}</u>"}
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in [table.corner, *table.columns])
    lines = [
        f"<table>\n<caption>{html.escape(table.title)}</caption>",
        f"<thead>{_html_groups(table)}<tr>{head}</tr></thead>",
        "<tbody>",
    ]
    for label, cells in table.rows:
        body = "".join(
            f"<td>{marks[c.mark].format(html.escape(c.text))}{html.escape(c.note)}</td>" for c in cells
        )
        lines.append(f'<tr><th scope="row">{html.escape(label)}</th>{body}</tr>')
    lines.append("</tbody>")
    if table.notes:
        notes = "<br>".join(map(html.escape, table.notes))
        lines.append(f'<tfoot><tr><td colspan="{len(table.columns) + 1}">{notes}</td></tr></tfoot>')
    return "\n".join([*lines, "</table>"]) + "\n"


def _html_groups(table: Table) -> str:
    """A row of heads that span the columns of each group."""
    spans = "".join(
        f'<th scope="colgroup" colspan="{count}">{html.escape(name)}</th>' for name, count in table.groups
    )
    return f"<tr><td></td>{spans}</tr>" if spans else ""


def to_json(table: Table) -> str:
    """JSON with every number in full and null where there is none."""
    return json.dumps(_content(table), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _content(table: Table) -> dict[str, object]:
    table = table.flat()
    rows = [
        {
            "label": label,
            "cells": {
                column: {"value": c.value, "text": c.text, "mark": c.mark or None, **c.facts}
                for column, c in zip(table.columns, cells, strict=True)
            },
        }
        for label, cells in table.rows
    ]
    return {"title": table.title, "columns": table.columns, "rows": rows, "notes": table.notes}


RENDERERS: Mapping[str, Callable[[Table], str]] = {
    "text": to_text,
    "md": to_markdown,
    "csv": to_csv,
    "tex": to_latex,
    "html": to_html,
    "json": to_json,
}


def render(tables: Sequence[Table], form: str) -> str:
    """Tables one after the other; several as JSON are one array, so that the whole is one document."""
    if form == "json" and len(tables) != 1:
        return (
            json.dumps([_content(table) for table in tables], ensure_ascii=False, indent=1, allow_nan=False)
            + "\n"
        )
    return "\n".join(RENDERERS[form](table) for table in tables)


def _md(text: str) -> str:
    """Text for Markdown; an underscore inside a word means nothing there and stays, and so does a lone `&`."""
    escaped = re.sub(r"([\\|*`<>\[\]~$]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", text)
    return escaped.replace("\n", " ")


_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "↑": r"$\uparrow$", "↓": r"$\downarrow$", "|": r"\textbar{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "±": r"$\pm$", "×": r"$\times$", "–": "--", "≤": r"$\leq$",
    "≥": r"$\geq$", "α": r"$\alpha$", "β": r"$\beta$", "Δ": r"$\Delta$", "\n": " ", "`": r"\textasciigrave{}",
    # At the start of a row these would be an argument of the `\\` before it.
    "[": "{[}", "]": "{]}", "*": "{*}",
    # A word joiner, put between hyphens that would become a dash.
    "\u2060": "{}",
}  # fmt: skip


def _tex(text: str) -> str:
    """Text for LaTeX, character by character, so that nothing is escaped twice."""
    text = re.sub("-(?=-)", "-\u2060", text)
    return "".join(_TEX.get(character, character) for character in text)
