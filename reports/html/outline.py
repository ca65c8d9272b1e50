"""The outline of a run's page: its sections in order, and the function that fills each.

A section's template is `templates/<anchor>.html.j2`; it sees what its function returns as `section`. A function that
returns None leaves its section, and the link to it, out of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tcmoa_bench.reports.drift.compare import Comparison
from tcmoa_bench.reports.html import leaderboard, provenance, rankings
from tcmoa_bench.reports.html.comparisons import drift_view, paper_view
from tcmoa_bench.reports.html.gallery import Gallery
from tcmoa_bench.reports.html.standing import extremes
from tcmoa_bench.reports.html.text import Anonymous
from tcmoa_bench.reports.html.trials import trial_pages
from tcmoa_bench.reports.overall import Overall
from tcmoa_bench.reports.summary import Run, Summary, remarks
from tcmoa_bench.reports.tables.external import add_columns, stored_columns
from tcmoa_bench.reports.tables.paper import PaperTable

STYLES = ("report.css", "viewer.css")
SCRIPTS = (
    "page.js",
    "export.js",
    "scores.js",
    "tables.js",
    "metrics.js",
    "compare.js",
    "gallery.js",
    "pixels.js",
    "viewer.js",
    "start.js",
)


@dataclass(frozen=True)
class Material:
    """What the sections are made from.

    Attributes:
        run: The run; of a run of trials its clean rows.
        compared: The same with the pairs that fusers are compared on: of an unfinished run those that all of them have.
        whole: The run with the trials.
        summary: Its means and ranks over all pairs.
        agreed: Which metrics say the same.
        overall: The fusers over all metrics.
        fusers: Fusers in the page's order.
        gallery: Its pairs with pictures and values.
        clean: Takes machine paths out of texts.
        base: Way from the page to the run folder.
        papers: Published tables to set beside the results.
        drift: A comparison with a baseline.
    """

    run: Run
    compared: Run
    whole: Run
    summary: Summary
    agreed: pd.DataFrame
    overall: Overall
    fusers: Sequence[str]
    gallery: Gallery
    clean: Anonymous
    base: str
    papers: Sequence[PaperTable]
    drift: Comparison | None


Content = Mapping[str, object]


def head(page: Material) -> Content:
    """What stands above the sections."""
    return {
        "title": page.summary.title,
        "sample": page.run.is_sample,
        "counts": provenance.counts(page.run, page.summary, page.fusers),
        "failures": len(page.whole.failures()),
        "unfinished": provenance.unfinished(page.run, len(page.compared.pairs)),
        "first": page.gallery.first(page.base),
        "headline": leaderboard.headline(page.summary, page.overall),
        "remarks": remarks(page.whole),
    }


def _failures(page: Material) -> Content | None:
    rows = provenance.failures(page.whole, page.clean)
    if not rows:
        return None
    command = provenance.repeat_command(page.run, page.clean)
    return {"rows": rows, "cells": len(page.whole.cells), "command_line": command, "alert": True}


def _overview(page: Material) -> Content:
    return {
        "tables": leaderboard.main_tables(page.compared, _with_stored(page), page.overall, page.fusers),
        "links": provenance.outputs(page.run.folder, page.base),
        "ranks": rankings.rank_figure(page.overall.ranking, "all metrics"),
        "agreement": rankings.agreement(page.agreed, page.gallery.heads),
    }


def _with_stored(page: Material) -> Summary:
    """The summary with a detector's numbers beside the run's own; they play no part in ranks over all metrics."""
    return add_columns(page.summary, stored_columns(page.whole))


def _paper(page: Material) -> Content | None:
    return {"tables": [paper_view(table) for table in page.papers]} if page.papers else None


def _drift(page: Material) -> Content | None:
    if page.drift is None:
        return None
    return {"view": drift_view(page.drift), "alert": page.drift.drift}


def _trials(page: Material) -> Content | None:
    pages = trial_pages(page.whole)
    return {"pages": pages} if pages else None


def _metrics(page: Material) -> Content:
    return {
        "pages": rankings.metric_pages(page.summary, page.gallery.heads, page.fusers),
        "extremes": extremes(page.gallery.standing, page.fusers, page.run.pairs),
    }


def _pairs(page: Material) -> Content:
    pairs = page.gallery.views(page.base)
    return {"pairs": pairs, "heads": page.gallery.heads, "more": len(page.run.pairs) - len(pairs)}


def _objects(page: Material) -> Content | None:
    found = page.gallery.worst_objects()
    return {"rows": found} if found else None


def _about(page: Material) -> Content:
    return {
        "command_line": provenance.repeat_command(page.run, page.clean),
        "facts": provenance.facts(page.run, page.clean),
        "notes": [page.clean(str(note)) for note in page.run.meta.get("notes", ())],
        "metrics": _with_stored(page).metrics.to_dict("records"),
        "fusers": provenance.fusers(page.run, page.fusers, page.clean),
    }


#: Anchor and template, words of the link to it, and what fills it.
SECTIONS: Sequence[tuple[str, str, Callable[[Material], Content | None]]] = (
    ("failures", "Failures", _failures),
    ("overview", "Overview", _overview),
    ("trials", "Under damage", _trials),
    ("paper", "Paper", _paper),
    ("drift", "Drift", _drift),
    ("metrics", "Metrics", _metrics),
    ("objects", "Objects", _objects),
    ("pairs", "Pairs", _pairs),
    ("about", "About", _about),
)


def sections(page: Material) -> list[Content | None]:
    """The sections' contents in order, each with its anchor, label, template and whether its link is an alert."""
    filled = ((anchor, label, fill(page)) for anchor, label, fill in SECTIONS)
    return [
        content
        and {"alert": False, **content, "anchor": anchor, "label": label, "template": f"{anchor}.html.j2"}
        for anchor, label, content in filled
    ]
