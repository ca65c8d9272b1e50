"""Renderings of a drift check: Markdown for a pull request, JSON, JUnit for CI servers, GitHub annotations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

from tcmoa_bench.reports.drift.compare import Comparison, Moved
from tcmoa_bench.reports.tables.table import Table, TableCell, to_markdown

#: Rows of moved values that a page shows; JSON has all.
SHOWN = 50


def headline(comparison: Comparison) -> str:
    """The outcome in one line; it always says how many cells were compared."""
    counted = f"{comparison.cells} cells, {comparison.values} values compared"
    if not comparison.moved and not comparison.findings:
        return f"no drift: {counted}"
    moved = f"{len(comparison.moved)} values moved, {len(comparison.findings)} other differences"
    return f"{'DRIFT' if comparison.drift else 'no drift (all differences allowed)'}: {counted}; {moved}"


def to_md(comparison: Comparison) -> str:
    """Markdown: the headline, causes, means that moved, values that moved."""
    parts = [f"### {headline(comparison)}", f"`{comparison.base}` → `{comparison.now}`"]
    if comparison.findings:
        parts.append(
            "\n".join(
                f"- **{f.cause}**{_allowed(comparison, f.cause)}: {f.text}" for f in comparison.findings
            )
        )
    parts += [f"Notice: {notice}" for notice in comparison.notices]
    if comparison.new:
        parts.append("New fusers, not compared: " + ", ".join(comparison.new))
    for title, rows in (("Means that moved", comparison.means), ("Values that moved", comparison.moved)):
        if rows:
            parts.append(to_markdown(_table(title, rows)))
    return "\n\n".join(parts) + "\n"


def _allowed(comparison: Comparison, cause: str) -> str:
    return f" (allowed: {comparison.allowed[cause]})" if cause in comparison.allowed else ""


def _table(title: str, rows: tuple[Moved, ...]) -> Table:
    shown = rows[:SHOWN]
    notes = (f"{len(rows) - SHOWN} more rows are in --format json.",) if len(rows) > SHOWN else ()
    cells = tuple(
        (
            f"{m.cell[2]} on {m.cell[1]}",
            (
                TableCell(m.metric),
                TableCell(_number(m.base)),
                TableCell(_number(m.now)),
                TableCell(_change(m)),
                TableCell(_word(m)),
                TableCell(m.cause),
            ),
        )
        for m in shown
    )
    return Table(title, "cell", ("metric", "base", "now", "change", "", "cause"), cells, notes)


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:.9g}"


def _change(moved: Moved) -> str:
    return "" if moved.change is None else f"{moved.change:+.3g}"


def _word(moved: Moved) -> str:
    return "" if moved.worse is None else "worse" if moved.worse else "better"


def to_json(comparison: Comparison) -> str:
    """JSON with everything."""
    content = {
        "headline": headline(comparison),
        "drift": comparison.drift,
        "base": comparison.base,
        "now": comparison.now,
        "cells": comparison.cells,
        "values": comparison.values,
        "findings": [
            {"cause": f.cause, "text": f.text, "allowed": f.cause in comparison.allowed}
            for f in comparison.findings
        ],
        "notices": comparison.notices,
        "new": comparison.new,
        "allowed": dict(comparison.allowed),
        "means": [_facts(m) for m in comparison.means],
        "moved": [_facts(m) for m in comparison.moved],
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _facts(moved: Moved) -> dict[str, object]:
    dataset, pair, fuser = moved.cell
    return {
        "dataset": dataset, "pair": pair, "fuser": fuser, "metric": moved.metric, "base": moved.base, "now": moved.now,
        "change": moved.change, "worse": moved.worse, "cause": moved.cause,
    }  # fmt: skip


def _cases(comparison: Comparison) -> list[tuple[str, str, str]]:
    """What servers are told, as (name, cause, text): findings, moved means, and values that came to or from null."""
    cases: list[tuple[str, str, str]] = [
        (f"{f.cause}: {f.text}", f.cause, f.text) for f in comparison.findings
    ]
    for m in comparison.means:
        name = f"{m.cell[2]} {m.metric}"
        word = f" ({_word(m)})" if _word(m) else ""
        cases.append((name, m.cause, f"{name}: {_number(m.base)} -> {_number(m.now)}{word}"))
    for m in comparison.moved:
        if m.base is None or m.now is None:
            name = f"{m.cell[2]} on {m.cell[0]}/{m.cell[1]} {m.metric}"
            cases.append((name, m.cause, f"{name}: {_number(m.base)} -> {_number(m.now)}"))
    return cases


def to_junit(comparison: Comparison) -> str:
    """JUnit XML: one test case for each of `_cases`, failed unless allowed; one passed case if there is none."""
    cases = _cases(comparison)
    failures = [case for case in cases if case[1] not in comparison.allowed]
    suite = ElementTree.Element(
        "testsuite", name="tcmoa-bench drift", tests=str(max(1, len(cases))), failures=str(len(failures))
    )
    for name, cause, text in cases or [(headline(comparison), "", "")]:
        case = ElementTree.SubElement(suite, "testcase", classname="drift", name=name)
        if (name, cause, text) in failures:
            ElementTree.SubElement(case, "failure", message=text).text = headline(comparison)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def to_github(comparison: Comparison) -> str:
    """GitHub workflow commands: an annotation for each of `_cases`, and a notice with the headline."""
    lines = [f"::notice title=tcmoa-bench::{_escape(headline(comparison))}"]
    lines += [f"::notice title=tcmoa-bench::{_escape(notice)}" for notice in comparison.notices]
    for _, cause, text in _cases(comparison):
        level = "warning" if cause in comparison.allowed else "error"
        lines.append(f"::{level} title=drift ({cause})::{_escape(text)}")
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


RENDERERS: Mapping[str, Callable[[Comparison], str]] = {
    "md": to_md,
    "json": to_json,
    "junit": to_junit,
    "github": to_github,
}
