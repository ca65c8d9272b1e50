"""Metrics by name: built in, installed as an entry point, or in a module of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from tcmoa_bench import plugins
from tcmoa_bench.metrics import conventions, profiles  # noqa: F401  (registers what has a name)
from tcmoa_bench.metrics.area import WHOLE, Area
from tcmoa_bench.metrics.core import CONVENTIONS, PROFILES, Convention, Metric
from tcmoa_bench.registry import unknown
from tcmoa_bench.types import BenchError

GROUP = "tcmoa_bench.metrics"
FORM = "module:name, such as my_metrics:OURS"


def resolve(names: str | Sequence[str], convention: str | None = None, area: Area = WHOLE) -> list[Metric]:
    """Metrics by name.

    Args:
        names: Qualified names (`SD@tang2022`; `SD@*`: in every convention), conventions or profiles (`vifb`: all of its
            metrics), or bare names (`SD`) that are looked up in `convention`. `module:name` stands for a `Convention` or a
            `Metric` of the user's own, and `Michelson@module:name` for one metric of such a convention.
        convention: Default convention of bare names.
        area: The part of each pair that they measure.

    Returns:
        Metrics in the order given, each once.

    Raises:
        BenchError: A name is not known (with the nearest known ones), a bare name has no convention, or what
            `module:name` names cannot be loaded or is no metric.
    """
    found: dict[str, Metric] = {}
    for name in [names] if isinstance(names, str) else names:
        for metric in _resolve_one(name.strip(), convention):
            found.setdefault(metric.qualified, replace(metric, area=area) if area else metric)
    return list(found.values())


def find_convention(name: str) -> Convention:
    """A convention by its name, or by `module:name`; `BenchError` if there is none."""
    if ":" in name:
        found = plugins.load(name, FORM)
        if not isinstance(found, Convention):
            raise BenchError(f"plug-in {name} is a {type(found).__name__}; a Convention is expected")
        return found
    if name not in CONVENTIONS:
        load_installed()
    return CONVENTIONS[name]


@cache
def load_installed() -> tuple[str, ...]:
    """Import the installed entry points, once; each is a `Convention` or one of its metrics.

    Returns:
        A line for each that could not be loaded.
    """
    return plugins.load_group(GROUP, _metrics_of)


def _metrics_of(found: Any, spec: str) -> list[Metric]:
    if isinstance(found, Convention):
        return list(found.values())
    if isinstance(found, Metric):
        return [found]
    raise BenchError(
        f"plug-in {spec} is a {type(found).__name__}; a Convention or one of its metrics is expected, "
        "see docs/adding-a-metric.md"
    )


def _everywhere(name: str) -> list[Metric]:
    """A canonical name or a toolbox's spelling of it, in every convention that has it."""
    load_installed()
    found = [convention[name] for convention in CONVENTIONS.values() if name in convention]
    if not found:
        raise unknown("metric", name, {metric for c in CONVENTIONS.values() for metric in c})
    return found


def _resolve_one(name: str, convention: str | None) -> list[Metric]:
    short, at, where = name.partition("@")
    if at and where == "*":
        return _everywhere(short)
    if at:
        metric = find_convention(where)[short]
        return [replace(metric, origin=name) if ":" in where else metric]
    if ":" in name:
        found = plugins.load(name, FORM)
        many = isinstance(found, Convention)
        return [
            replace(metric, origin=f"{metric.name}@{name}" if many else name)
            for metric in _metrics_of(found, name)
        ]
    if convention is not None and name in find_convention(convention):
        return [find_convention(convention)[name]]
    if name not in CONVENTIONS and name not in PROFILES:
        load_installed()
    if name in CONVENTIONS:
        return list(CONVENTIONS[name].values())
    if name in PROFILES:
        return resolve(PROFILES[name])
    if convention is not None:
        return [CONVENTIONS[convention][name]]
    having = [c for c in CONVENTIONS if name in CONVENTIONS[c]]
    if having:
        raise BenchError(
            f"whose {name}? Say one of: {', '.join(f'{name}@{c}' for c in having)}, or give --convention "
            "(in a suite file: convention = ...)"
        )
    everything = {m for c in CONVENTIONS.values() for m in c}
    problem = unknown("metric", name, everything | set(CONVENTIONS) | set(PROFILES))
    raise BenchError("; ".join([str(problem), *load_installed()]))
