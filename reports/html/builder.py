"""Builds the page: reads a run, prepares pictures and values, renders the templates, writes the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tcmoa_bench.images import write_bytes
from tcmoa_bench.reports.drift.compare import Comparison
from tcmoa_bench.reports.html import model, sections
from tcmoa_bench.reports.html.gallery import Gallery
from tcmoa_bench.reports.html.page import datatables, render
from tcmoa_bench.reports.html.pictures import write_pixels
from tcmoa_bench.reports.html.text import Anonymous, json_block, link, way
from tcmoa_bench.reports.summary import Run, load_run, remarks, summarise
from tcmoa_bench.reports.tables.paper import PaperTable, paper_tables, papers

#: Bytes of pixel data beside the page, unless told otherwise.
PIXEL_BUDGET = 256_000_000

_STYLES = ("report.css", "viewer.css")
_SCRIPTS = (
    "page.js",
    "scores.js",
    "tables.js",
    "metrics.js",
    "gallery.js",
    "pixels.js",
    "viewer.js",
    "start.js",
)


def build_report(
    run_folder: Path,
    output: Path | None = None,
    paper: Sequence[PaperTable] | None = None,
    drift: Comparison | None = None,
    pixel_budget: int = PIXEL_BUDGET,
) -> Path:
    """Write the HTML report of a run.

    Args:
        run_folder: The run folder.
        output: The page's file, or a folder that is there; default `report.html` in the run folder. What does not
            fit into the page lies in `<stem>_files` beside it; full images stay in the run folder and are linked
            relative to the page.
        paper: Published tables to set beside the results; default those of the suite's paper that this run fills.
        drift: A comparison with a baseline.
        pixel_budget: Bytes that the pixel data for the viewer may take on disk (0: none).

    Returns:
        The page's file.

    Raises:
        BenchError: There is no run in the folder.
    """
    run = load_run(run_folder)
    page = Path(output) if output is not None else run.folder
    if page.is_dir():
        page = page / "report.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    context = _context(run, page, pixel_budget)
    context["papers"] = [sections.paper_view(table) for table in (_papers(run) if paper is None else paper)]
    context["drift"] = sections.drift_view(drift) if drift is not None else None
    write_bytes(page, render("report.html.j2", _STYLES, _SCRIPTS, context))
    return page


def _papers(run: Run) -> list[PaperTable]:
    """The tables of the suite's paper in which this run has at least one cell."""
    name = run.meta.get("suite", {}).get("paper")
    tables = paper_tables(name, [run]) if name in papers() else []
    return [
        table for table in tables if any(cell.source == "run" for _, cells in table.rows for cell in cells)
    ]


def _context(run: Run, page: Path, pixel_budget: int) -> dict[str, Any]:
    clean = Anonymous(run.folder, model.source_folders(run))
    summary = summarise(run)
    order = model.fuser_order(run, summary)
    gallery = Gallery(run, order, summary.metrics, clean)
    files = page.with_name(f"{page.stem}_files")
    base = way(page.parent, run.folder)
    return {
        "title": summary.title,
        "sample": run.is_sample,
        "counts": model.counts(run, summary, order),
        "cells": len(run.cells),
        "headline": model.headline(summary),
        "remarks": remarks(run),
        "ranks": sections.rank_figure(model.overall_ranking(summary), "all metrics", "metrics"),
        "agreement": sections.agreement(summary, gallery.heads),
        "metric_pages": sections.metric_pages(summary, gallery.heads, order),
        "extremes": sections.extremes(gallery.standing, order, run.pairs),
        "failures": model.failures(run, clean),
        "command_line": model.repeat_command(run, clean),
        "tables": model.main_tables(run, order),
        "heads": gallery.heads,
        "pairs": gallery.views(base, files),
        "facts": model.facts(run, clean),
        "notes": [clean(str(note)) for note in run.meta.get("notes", ())],
        "metrics": summary.metrics.to_dict("records"),
        "fusers": model.fusers(run, order, clean),
        "datatables": datatables(),
        "data": json_block(
            gallery.data(
                base, str(link(files.name)), write_pixels(run.folder, gallery.pictures, files, pixel_budget)
            )
        ),
    }
