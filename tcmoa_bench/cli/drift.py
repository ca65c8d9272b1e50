"""`tcmoa-bench compare` and `tcmoa-bench baseline`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from tcmoa_bench.cli.options import Command, Group, drift_options
from tcmoa_bench.cli.tables import emit

if TYPE_CHECKING:
    from tcmoa_bench.reports.drift.compare import Tolerances
    from tcmoa_bench.reports.drift.snapshot import Snapshot


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench compare runs/before runs/after\n"
    "  tcmoa-bench compare baseline.json runs/vif --format github\n"
    "  tcmoa-bench compare baseline.json runs/vif --allow 'environment=numpy 2.5 was reviewed'\n"
    "Two JSON files of pytest-benchmark are compared as speed, by their samples.",
)
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("run", type=click.Path(path_type=Path))
@drift_options
@click.option(
    "--format", "form", type=click.Choice(["md", "json", "junit", "github"]), default="md", show_default=True
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File in place of standard output.")
@click.pass_context
def compare(
    ctx: click.Context,
    base: Path,
    run: Path,
    rtol: float,
    atol: float,
    tolerances: Path | None,
    allow: tuple[tuple[str, str], ...],
    form: str,
    output: Path | None,
) -> None:
    """What moved between BASE and RUN (run folders or baseline files), by how much, and what may have moved it.

    Exit code: 0 nothing moved beyond its tolerance, 1 drift, 2 they cannot be compared. Of two speed files: 1 a benchmark
    is slower or vanished, 2 there are too few samples to tell.
    """
    from tcmoa_bench.reports.drift import render, speed
    from tcmoa_bench.reports.drift.compare import compare as compare_snapshots
    from tcmoa_bench.reports.drift.snapshot import load_snapshot

    if speed.is_speed_file(base) or speed.is_speed_file(run):
        given = [
            f"--{name.replace('form', 'format')}"
            for name in ("rtol", "atol", "tolerances", "allow", "form")
            if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
        ]
        if given and (given != ["--format"] or form != "md"):
            raise click.UsageError(
                f"{', '.join(given)}: for runs and baselines; speed files are compared as Markdown by their samples "
                f"(a factor of {speed.FACTOR} at p < {speed.LEVEL})",
                ctx,
            )
        result = speed.compare_speed(speed.load_speed(base), speed.load_speed(run))
        emit(result.text(), output)
        ctx.exit(result.exit_code)
    limits = limits_from(rtol, atol, tolerances)
    comparison = compare_snapshots(load_snapshot(base), load_snapshot(run), limits, allowed_from(allow))
    emit(render.RENDERERS[form](comparison), output)
    if output is not None:
        click.echo(render.headline(comparison))
    ctx.exit(1 if comparison.drift else 0)


def limits_from(rtol: float, atol: float, tolerances: Path | None) -> Tolerances:
    """The tolerances that the options of `drift_options` state."""
    from tcmoa_bench.reports.drift.compare import Tolerance, Tolerances, read_tolerances

    default = Tolerance(rtol, atol)
    return read_tolerances(tolerances, default) if tolerances else Tolerances(default)


def allowed_from(allow: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Accepted causes with their reasons; UsageError for one that there is not."""
    from tcmoa_bench.reports.drift.compare import CAUSES

    for cause, _ in allow:
        if cause not in CAUSES:
            raise click.UsageError(f"--allow {cause}: no such cause; there are {', '.join(CAUSES)}")
    return dict(allow)


def check_against(expected: Snapshot, run: Path, limits: Tolerances, allowed: Mapping[str, str]) -> int:
    """Compare a run with a baseline, print the outcome, and return the exit code."""
    from tcmoa_bench.reports.drift import render
    from tcmoa_bench.reports.drift.compare import compare as compare_snapshots
    from tcmoa_bench.reports.drift.snapshot import load_snapshot

    comparison = compare_snapshots(expected, load_snapshot(run), limits, allowed)
    click.echo(render.to_md(comparison))
    return 1 if comparison.drift else 0


@click.group(cls=Group)
def baseline() -> None:
    """Save, update or show a baseline file: a run's values as small, diffable JSON for a repository."""


@baseline.command("save", epilog="\b\nExample:\n  tcmoa-bench baseline save runs/vif -o baseline.json")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Baseline file to write."
)
def save(run: Path, output: Path) -> None:
    """Write the baseline of RUN."""
    from tcmoa_bench.reports.drift.snapshot import load_snapshot
    from tcmoa_bench.reports.drift.snapshot import save as write
    from tcmoa_bench.types import BenchError

    if output.exists():
        raise BenchError(f"{output} exists; `tcmoa-bench baseline update {output} {run}` replaces it")
    write(load_snapshot(run), output)
    click.echo(f"wrote {output}")


@baseline.command("update", epilog="\b\nExample:\n  tcmoa-bench baseline update baseline.json runs/vif")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("run", type=click.Path(path_type=Path))
def update(file: Path, run: Path) -> None:
    """Replace baseline FILE by RUN's values, and say what that changes."""
    from tcmoa_bench.reports.drift import render
    from tcmoa_bench.reports.drift.compare import compare as compare_snapshots
    from tcmoa_bench.reports.drift.snapshot import load_snapshot
    from tcmoa_bench.reports.drift.snapshot import save as write

    now = load_snapshot(run)
    click.echo(render.to_md(compare_snapshots(load_snapshot(file), now)))
    write(now, file)
    click.echo(f"wrote {file}")


@baseline.command("show", epilog="\b\nExample:\n  tcmoa-bench baseline show baseline.json")
@click.argument("file", type=click.Path(path_type=Path))
def show_baseline(file: Path) -> None:
    """What a baseline FILE holds."""
    from tcmoa_bench.reports.drift.snapshot import load_snapshot

    snapshot = load_snapshot(file)
    fusers = sorted({key[2] for key in snapshot.values})
    pairs = {key[:2] for key in snapshot.values}
    click.echo(
        f"suite {snapshot.suite[0]} (version {snapshot.suite[1]}): {len(pairs)} pairs, {len(snapshot.values)} cells"
    )
    click.echo(f"fusers: {', '.join(fusers)}")
    click.echo(
        "environment: " + ", ".join(f"{name} {version}" for name, version in snapshot.environment.items())
    )
    for signature in snapshot.signatures.values():
        click.echo(f"  {signature}")
