"""What the commands of whole runs do, as one call each; the command line calls these."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tcmoa_bench.images import safe_name
from tcmoa_bench.metrics import resolve
from tcmoa_bench.reports.results import Results, load_run
from tcmoa_bench.run.choice import Choice, read_names
from tcmoa_bench.run.folders import suite_of_folders
from tcmoa_bench.run.plan import Plan
from tcmoa_bench.run.progress import Progress
from tcmoa_bench.run.request import Overwrite, Request
from tcmoa_bench.run.runner import plan_run
from tcmoa_bench.run.runner import run as run_request
from tcmoa_bench.run.scoring import read_jobs, score_triples
from tcmoa_bench.run.suite import load_suite
from tcmoa_bench.run.trials import Kind, trial_specs
from tcmoa_bench.types import (
    BenchError,
    FuserOptions,
)


def request(
    suite: str | Path | None = None,
    *,
    data: str | Path | None = None,
    a: str | Path | None = None,
    b: str | Path | None = None,
    csv: str | Path | None = None,
    task: str | None = None,
    pairs: Sequence[str] = (),
    exclude: Sequence[str] = (),
    sample: int | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    fusers: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    convention: str | None = None,
    fused: Mapping[str, str | Path] | None = None,
    fused_maps: Mapping[str, str | Path] | None = None,
    commands: Mapping[str, str] | None = None,
    recolor: Mapping[str, str] | None = None,
    limit: int | None = None,
    device: str = "cpu",
    weights: str | Path | None = None,
    timeout: float = 600.0,
    options: Mapping[str, str] | None = None,
    border: int | None = None,
    mask: str | Path | None = None,
    overwrite: Overwrite = "only-missing",
    stacks: str | Path | None = None,
    further: Sequence[str | Path] = (),
) -> Request:
    """What a run is asked for, from plain values; arguments as `tcmoa_bench.run.run`.

    Raises:
        BenchError: The arguments exclude each other, or the suite, a folder or a list cannot be read.
    """
    own = {"a": a, "b": b, "csv": csv, "stacks": stacks, "further": further or None, "task": task}
    given = [f"--{name}" for name, value in own.items() if value is not None]
    if suite is not None:
        if given:
            raise BenchError(f"{', '.join(given)} and --suite exclude each other: a suite names its pairs")
        chosen = load_suite(str(suite))
    else:
        ways = [name for name in ("a", "csv", "stacks") if own[name] is not None]
        if (a is None) != (b is None) or len(ways) > 1:
            raise BenchError("your own pairs: give --a and --b, or --csv, or --stacks")
        if further and a is None:
            raise BenchError("--further are folders of the sources after --a and --b; give these too")
        fusers_too = not (fused or fused_maps or commands)
        chosen = suite_of_folders(
            _path(a),
            _path(b),
            _path(csv),
            _path(data),
            task,
            fusers_too,
            _path(stacks),
            [Path(f) for f in further],
        )
    named, hashes = read_names(pairs)
    return Request(
        chosen,
        _path(out) or Path("runs") / safe_name(chosen.name),
        _path(data),
        None if fusers is None else tuple(fusers),
        None if metrics is None else tuple(metrics),
        convention,
        Choice(named or None, read_names(exclude)[0], sample, seed, hashes),
        tuple((label, Path(folder)) for label, folder in (fused or {}).items()),
        tuple((label, Path(file)) for label, file in (fused_maps or {}).items()),
        tuple((commands or {}).items()),
        tuple((recolor or {}).items()),
        limit,
        overwrite,
        FuserOptions(device, _path(weights), dict(options or {}), timeout),
        border=border,
        mask=_path(mask),
    )


def plan(wanted: Request) -> Plan:
    """What a run would do, with nothing computed or written and no plug-in imported (`run --dry-run`)."""
    return plan_run(wanted)


def trial(
    kind: Kind,
    suite: str,
    *,
    fusers: Sequence[str] | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    damages: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    limit: int | None = None,
    options: FuserOptions | None = None,
) -> Request:
    """What a trial is asked for: a run whose rows are fusers under damage.

    Args:
        kind: `stress` damages the sources, `probe` the fused images.
        suite: Name of a suite, or a TOML file.
        fusers: Those on trial; default the suite's.
        data: Folder of datasets.
        metrics: In place of the suite's.
        limit: At most so many pairs of each dataset.
        out: Run folder; default `runs/SUITE-KIND`.
        damages: Only these; default all.
        options: Of all fusers.
    """
    chosen = load_suite(suite)
    options = options or FuserOptions()
    tried = replace(chosen, name=f"{chosen.name}-{kind}", title=f"{chosen.title}: {kind}", paper="")
    return Request(
        tried,
        _path(out) or Path("runs") / safe_name(tried.name),
        _path(data),
        metrics=None if metrics is None else tuple(metrics),
        limit=limit,
        options=options,
        trials=trial_specs(kind, fusers or chosen.fusers, damages, options),
    )


def stress(
    suite: str,
    *,
    fusers: Sequence[str] | None = None,
    damages: Sequence[str] | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    metrics: Sequence[str] | None = None,
    limit: int | None = None,
    jobs: int = 1,
    options: FuserOptions | None = None,
    report: bool = False,
    progress: bool = True,
) -> Results:
    """Damage the sources step by step, fuse, and score against the clean ones (`tcmoa-bench stress`).

    Arguments as `trial`, and `jobs`, `report` and `progress` as a run's.

    Returns:
        The finished run; a row is a fuser under one damage at one level, such as `lp | noise 10`.
    """
    wanted = trial(
        "stress", suite, fusers=fusers, data=data, out=out, damages=damages, metrics=metrics, limit=limit,
        options=options,
    )  # fmt: skip
    outcome = run_request(wanted, jobs, progress=Progress(sys.stderr if progress else None), report=report)
    return load_run(outcome.folder)


def score_files(
    jobs: str | Path,
    metrics: str | Sequence[str] = "textbook",
    *,
    convention: str | None = None,
    border: int = 0,
    mask: str | Path | None = None,
) -> pd.DataFrame:
    """Score the triples of a list (`tcmoa-bench score --jobs`).

    Args:
        jobs: CSV with the columns `a,b,fused[,metrics,reference,mask,further]`; paths are relative to it.
        metrics: For rows that name none.
        convention: Convention of bare names.
        border: Pixels left out along each side.
        mask: Mask of the rows that name none.

    Returns:
        A row for each triple and metric; a file that cannot be scored has no value and a reason.

    Raises:
        BenchError: The list cannot be read, or a metric is not known.
    """
    chosen = resolve(metrics, convention)
    triples = read_jobs(Path(jobs), chosen, convention, border, _path(mask))
    return pd.DataFrame([row.as_dict() for row in score_triples(triples, strict=False)])


def _path(place: str | Path | None) -> Path | None:
    return None if place is None else Path(place)
