"""Builds the page: reads a run, fills the outline, renders the templates, writes the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tcmoa_bench.images import write_bytes
from tcmoa_bench.reports.drift.compare import Comparison
from tcmoa_bench.reports.html import outline
from tcmoa_bench.reports.html.gallery import Gallery
from tcmoa_bench.reports.html.leaderboard import fuser_order
from tcmoa_bench.reports.html.page import datatables, render
from tcmoa_bench.reports.html.pictures import write_pixels
from tcmoa_bench.reports.html.provenance import source_folders
from tcmoa_bench.reports.html.text import Anonymous, json_block, link, relative_path
from tcmoa_bench.reports.overall import rank_overall
from tcmoa_bench.reports.statistics import agreement
from tcmoa_bench.reports.summary import Run, load_run, select, summarise
from tcmoa_bench.reports.tables.paper import PaperTable, paper_tables, papers
from tcmoa_bench.reports.trust.trials import undamaged

#: Bytes of pixel data beside the page, unless told otherwise: none, the viewer can be shown the folder instead.
PIXEL_BUDGET = 0


def build_report(
    run_folder: Path,
    output: Path | None = None,
    paper: Sequence[PaperTable] | None = None,
    drift: Comparison | None = None,
    pixel_budget: int = PIXEL_BUDGET,
    fusers: Sequence[str] | None = None,
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
        fusers: Only these; default all.

    Returns:
        The page's file.

    Raises:
        BenchError: There is no run in the folder.
    """
    run = select(load_run(run_folder), fusers)
    page = Path(output) if output is not None else run.folder
    if page.is_dir():
        page = page / "report.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    files = page.with_name(f"{page.stem}_files")
    # As the user typed it, so that commands on the page work where this one did; never a path of this machine.
    shown = run.folder.resolve().name if run_folder.is_absolute() else run.folder.as_posix()
    material = _material(run, page.parent, shown, _papers(run) if paper is None else paper, drift)
    gallery = material.gallery
    pixels = write_pixels(run.folder, gallery.pictures, files, pixel_budget)
    context = {
        **outline.head(material),
        "sections": outline.sections(material),
        "datatables": datatables(),
        "scripts_beside": bool(pixels),
        "data": json_block(gallery.data(material.base, str(link(files.name)), pixels)),
    }
    write_bytes(page, render("report.html.j2", outline.STYLES, outline.SCRIPTS, context))
    return page


def _papers(run: Run) -> list[PaperTable]:
    """The tables of the suite's paper in which this run has at least one cell."""
    name = run.meta.get("suite", {}).get("paper")
    tables = paper_tables(name, [run]) if name in papers() else []
    return [
        table for table in tables if any(cell.source == "run" for _, cells in table.rows for cell in cells)
    ]


def _material(
    whole: Run, beside: Path, shown: str, papers: Sequence[PaperTable], drift: Comparison | None
) -> outline.Material:
    run = undamaged(whole)
    clean = Anonymous(run.folder, source_folders(run))
    compared = replace(run, pairs=run.compared_pairs())
    summary = summarise(compared)
    agreed = agreement(summary)
    overall = rank_overall(summary, agreed)
    fusers = fuser_order(run, overall)
    gallery = Gallery(run, fusers, summary.metrics, clean, shown)
    base = relative_path(beside, run.folder)
    return outline.Material(
        run, compared, whole, summary, agreed, overall, fusers, gallery, clean, base, papers, drift
    )
