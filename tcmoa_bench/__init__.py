"""Benchmark and evaluation suite for general image fusion around TC-MoA.

    import tcmoa_bench as tb

    results = tb.run("vif", out="runs/vif")        # what `tcmoa-bench run --suite vif` does
    results.scores                                 # a tidy DataFrame: one value a row
    results.table()                                # the table, best and second marked
    tb.score("visible.png", "infrared.png", "fused.png", "textbook")

Importing the package imports nothing else of it: each name below is fetched when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tcmoa_bench.version import __version__ as __version__

if TYPE_CHECKING:
    from tcmoa_bench import baselines, datasets, metrics
    from tcmoa_bench.errors import BenchError
    from tcmoa_bench.metrics.training import FusionMetrics
    from tcmoa_bench.reports.figures.draw import figure
    from tcmoa_bench.reports.results import Drift, Results, load_run
    from tcmoa_bench.reports.trust.report import trust
    from tcmoa_bench.run import run
    from tcmoa_bench.run.calls import plan, score_files, stress
    from tcmoa_bench.run.citation import cite
    from tcmoa_bench.run.pictures import fuse, recolor, score, which
    from tcmoa_bench.run.supplement import export
    from tcmoa_bench.types import Pair, Task

#: Public name to the module that has it; a name without one is a module of the package itself.
_PLACES = {
    "baselines": "", "datasets": "", "metrics": "", "run": "",
    "BenchError": "errors", "Pair": "types", "Task": "types",
    "Results": "reports.results", "Drift": "reports.results", "load_run": "reports.results",
    "fuse": "run.pictures", "score": "run.pictures", "which": "run.pictures", "recolor": "run.pictures",
    "plan": "run.calls", "score_files": "run.calls", "stress": "run.calls", "cite": "run.citation",
    "FusionMetrics": "metrics.training",
    "figure": "reports.figures.draw", "export": "run.supplement", "trust": "reports.trust.report",
}  # fmt: skip

__all__ = [
    "BenchError", "Drift", "FusionMetrics", "Pair", "Results", "Task", "__version__", "baselines", "cite", "datasets",
    "export", "figure", "fuse", "load_run", "metrics", "plan", "recolor", "run", "score", "score_files", "stress", "trust",
    "which",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Fetch a public name when it is first used (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = _PLACES[name]
    if not place:
        return importlib.import_module(f"{__name__}.{name}")
    found = getattr(importlib.import_module(f"{__name__}.{place}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
