"""The HTML report of a run: one page that opens from disk, and an index over many runs."""

from tcmoa_bench.reports.html.builder import build_report

__all__ = ["build_report"]
