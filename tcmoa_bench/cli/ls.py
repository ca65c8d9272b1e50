"""`tcmoa-bench ls` and `tcmoa-bench show`."""

from __future__ import annotations

from pathlib import Path

import click

from tcmoa_bench.cli.listing import columns
from tcmoa_bench.cli.options import Command, comma


@click.command(cls=Command, epilog="\b\nExamples:\n  tcmoa-bench ls metrics\n  tcmoa-bench ls fusers")
@click.argument("what", type=click.Choice(["metrics", "conventions", "fusers", "datasets", "suites"]))
def ls(what: str) -> None:
    """List what is known by name; `show METRIC`, `models show FUSER` and `data show DATASET` say all."""
    for line in {
        "metrics": _metrics,
        "conventions": _conventions,
        "fusers": _fusers,
        "datasets": _datasets,
        "suites": _suites,
    }[what]():
        click.echo(line)


def _metrics() -> list[str]:
    from tcmoa_bench.metrics import CONVENTIONS
    from tcmoa_bench.metrics.lookup import load_installed

    problems = load_installed()
    metrics = [metric for convention in CONVENTIONS.values() for metric in convention.values()]
    rows = [(m.qualified, "↑" if m.higher_is_better else "↓", m.formula) for m in metrics]
    return [*columns(rows), *problems]


def _conventions() -> list[str]:
    from tcmoa_bench.metrics import CONVENTIONS, PROFILES
    from tcmoa_bench.metrics.lookup import load_installed

    problems = load_installed()
    rows = [(c.name, f"{len(c):2} metrics", c.title) for c in CONVENTIONS.values()]
    rows += [(name, "profile", ", ".join(members)) for name, members in PROFILES.items()]
    return [*columns(rows), *problems]


def _fusers() -> list[str]:
    from tcmoa_bench.run.fusers import known_record, registry

    records = [known_record(entry) for entry in registry().values()]
    return list(columns([(r.name, ",".join(r.tasks), r.colour, r.paper) for r in records]))


def _datasets() -> list[str]:
    from tcmoa_bench.datasets.catalogue import DATASETS, load_installed

    problems = load_installed()
    rows = [(d.name, ",".join(d.tasks), f"{d.expected or '':>5}", d.title) for d in DATASETS.values()]
    return [*columns(rows), *problems]


def _suites() -> list[str]:
    from tcmoa_bench.run.suite import load_suite, suite_names

    suites = [load_suite(name) for name in suite_names()]
    return list(columns([(s.name, f"v{s.version}", s.title) for s in suites]))


@click.command(
    "show",
    cls=Command,
    epilog="\b\nExamples:\n  tcmoa-bench show SD\n  tcmoa-bench show Qabf@textbook\n"
    "  tcmoa-bench show SSIM --on visible.png infrared.png fused.png",
)
@click.argument("metric")
@click.option("--convention", multiple=True, callback=comma, help="Only these conventions.")
@click.option(
    "--on",
    nargs=3,
    type=click.Path(path_type=Path),
    metavar="A B FUSED",
    help="Values for a triple, side by side.",
)
def show_metric(metric: str, convention: tuple[str, ...] | None, on: tuple[Path, Path, Path] | None) -> None:
    """Say all about METRIC in each convention: formula, source, direction, ideal, range, differences."""
    from tcmoa_bench.metrics.describe import describe, side_by_side
    from tcmoa_bench.metrics.lookup import find_convention
    from tcmoa_bench.reports.verdicts import lines, of
    from tcmoa_bench.types import BenchError

    name, _, where = metric.partition("@")
    only = tuple(find_convention(c).name for c in ((where,) if where else convention or ()))
    facts = [fact for fact in describe(name) if not only or fact["convention"] in only]
    if not facts:
        raise BenchError(f"{name} is not in {', '.join(only)}")
    for fact in facts:
        click.echo(f"{fact['qualified']} {'↑' if fact['higher_is_better'] else '↓'}")
        for key, value in fact.items():
            if key not in ("qualified", "name", "convention", "higher_is_better") and value not in ("", None):
                click.echo(f"  {key.replace('_', ' '):15} {value}")
        for line in lines(of(str(fact["name"]), str(fact["convention"]))):
            click.echo(f"  {'on trial':15} {line}")
    if on is not None:
        from tcmoa_bench.cli.rows import LINES
        from tcmoa_bench.images import read_image

        try:
            a, b, fused = (read_image(path) for path in on)
        except (OSError, ValueError) as error:
            raise BenchError(str(error)) from error
        rows = [
            {"fused": str(on[2]), **score.row()}
            for score in side_by_side(a, b, fused, name)
            if not only or score.metric.convention in only
        ]
        for line in LINES["table"](rows):
            click.echo(line)
