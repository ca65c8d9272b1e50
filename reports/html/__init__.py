"""The HTML report of a run: one page that opens from disk, and an index over many runs."""

from tcmoa_bench.reports.html.builder import build_report
from tcmoa_bench.reports.html.index import build_index

__all__ = ["build_index", "build_report"]
