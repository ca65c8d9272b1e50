"""What a command does, as one call each, with paths or arrays for pictures; the command line calls these."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from tcmoa_bench.images import read_image, safe_name
from tcmoa_bench.metrics import Metric, Score, resolve
from tcmoa_bench.metrics import score as score_arrays
from tcmoa_bench.metrics.which import Answer
from tcmoa_bench.metrics.which import which as which_arrays
from tcmoa_bench.recolour import recolour
from tcmoa_bench.reports.results import Results, load_run
from tcmoa_bench.run.choice import Choice, read_names
from tcmoa_bench.run.folders import suite_of_folders
from tcmoa_bench.run.fusers import fuse as fuse_pair
from tcmoa_bench.run.fusers import parse_spec
from tcmoa_bench.run.plan import Plan
from tcmoa_bench.run.progress import Progress
from tcmoa_bench.run.request import Overwrite, Request
from tcmoa_bench.run.runner import plan_run
from tcmoa_bench.run.runner import run as run_request
from tcmoa_bench.run.scoring import read_jobs, score_triples
from tcmoa_bench.run.suite import load_suite
from tcmoa_bench.run.trials import Kind, trial_specs
from tcmoa_bench.types import ALONE, BenchError, Fuser, FuserOptions, Image, Pair, Task, check_size, read_pair

#: A picture: `uint8`, `H x W` or `H x W x 3` RGB, or the file that holds it.
Picture: TypeAlias = Image | str | Path


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
    limit: int | None = None,
    device: str = "cpu",
    weights: str | Path | None = None,
    timeout: float = 600.0,
    options: Mapping[str, str] | None = None,
    overwrite: Overwrite = "only-missing",
) -> Request:
    """What a run is asked for, from plain values; arguments as `tcmoa_bench.run.run`.

    Raises:
        BenchError: The arguments exclude each other, or the suite, a folder or a list cannot be read.
    """
    own = {"a": a, "b": b, "csv": csv, "task": task}
    given = [f"--{name}" for name, value in own.items() if value is not None]
    if suite is not None:
        if given:
            raise BenchError(f"{', '.join(given)} and --suite exclude each other: a suite names its pairs")
        chosen = load_suite(str(suite))
    else:
        if (a is None) != (b is None) or (a is not None and csv is not None):
            raise BenchError("your own pairs: give --a and --b, or --csv")
        fusers_too = not (fused or fused_maps or commands)
        chosen = suite_of_folders(_path(a), _path(b), _path(csv), _path(data), task, fusers_too)
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
        limit,
        overwrite,
        FuserOptions(device, _path(weights), dict(options or {}), timeout),
    )


def plan(wanted: Request) -> Plan:
    """What a run would do, with nothing computed or written (`run --dry-run`)."""
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


def score(
    a: Picture,
    b: Picture,
    fused: Picture,
    metrics: str | Sequence[str | Metric] = "textbook",
    *,
    convention: str | None = None,
    reference: Picture | None = None,
) -> dict[str, Score]:
    """Score one fused image against its sources (`tcmoa-bench score`).

    Args:
        a: Source A (visible, under-exposed, near).
        b: Source B (infrared, over-exposed, far), of the same size.
        fused: Fused image, of the same size.
        metrics: Qualified names (`SD@tang2022`), a convention or a profile.
        convention: Convention of bare names.
        reference: Ground truth, for metrics that need one.

    Returns:
        Scores by qualified name; `.value` is a float, or None with its `.reason`; `.signature` says what was computed.

    Raises:
        BenchError: A file cannot be read, sizes differ, or a metric is not known.
    """
    first, second, image, truth = _pictures(a, b, fused, reference)
    return score_arrays(first, second, image, metrics, convention=convention, reference=truth)


def score_files(
    jobs: str | Path, metrics: str | Sequence[str] = "textbook", *, convention: str | None = None
) -> pd.DataFrame:
    """Score the triples of a list (`tcmoa-bench score --jobs`).

    Args:
        jobs: CSV with the columns `a,b,fused[,metrics,reference]`; paths are relative to it.
        metrics: For rows that name none.
        convention: Convention of bare names.

    Returns:
        A row for each triple and metric; a file that cannot be scored has no value and a reason.

    Raises:
        BenchError: The list cannot be read, or a metric is not known.
    """
    chosen = resolve(metrics, convention)
    triples = read_jobs(Path(jobs), chosen, convention)
    return pd.DataFrame([row.as_dict() for row in score_triples(triples, strict=False)])


def which(
    a: Picture, b: Picture, fused: Picture, metric: str, value: str, *, reference: Picture | None = None
) -> Answer:
    """Which definition made a printed number (`tcmoa-bench which`).

    Args:
        a: Source A, as for `score`.
        b: Source B.
        fused: Fused image.
        metric: The metric's name as printed.
        value: The number as printed, as text: its digits count.
        reference: Ground truth, for metrics that need one.

    Returns:
        The verdict, the definitions that give the number, and the nearest others.

    Raises:
        BenchError: A file cannot be read, sizes differ, or the metric is not known.
    """
    first, second, image, truth = _pictures(a, b, fused, reference)
    try:
        return which_arrays(first, second, image, metric, value, reference=truth)
    except ValueError as error:
        raise BenchError(str(error)) from error


def fuse(
    a: Picture,
    b: Picture,
    fuser: str,
    *,
    task: str | None = None,
    device: str = "cpu",
    weights: str | Path | None = None,
    timeout: float = 600.0,
    options: Mapping[str, str] | None = None,
) -> Image:
    """Fuse two pictures with one fuser (`tcmoa-bench fuse`).

    Args:
        a: Source A (visible, under-exposed, near).
        b: Source B (infrared, over-exposed, far), of the same size.
        fuser: Name, `name:option=value`, or `module:callable`.
        task: What the sources are; may be left out for a fuser of one task.
        device: Torch device of networks.
        weights: Folder of weights files, or the file of the one network.
        timeout: Seconds until a plug-in or command is ended.
        options: The fuser's own options.

    Returns:
        Fused image, `uint8`, `H x W` or `H x W x 3` RGB, of the sources' size.

    Raises:
        BenchError: A file cannot be read, or the fuser cannot be made or fails.
    """
    chosen = FuserOptions(device, _path(weights), dict(options or {}), timeout)
    return fuse_with(parse_spec(fuser, chosen).create(), a, b, task)


def fuse_with(method: Fuser, a: Picture, b: Picture, task: str | None) -> Image:
    """As `fuse`, with a fuser that was made already."""
    record = method.record
    if task is None and len(record.tasks) > 1:
        raise BenchError(f"{record.name} fuses {', '.join(record.tasks)}: say which with --task")
    first, second = _sources(a, b)
    file_a, file_b = (Path(x) if isinstance(x, str | Path) else Path("array") for x in (a, b))
    pair = Pair(ALONE, file_a.stem, Task(task) if task else record.tasks[0], file_a, file_b)
    try:
        return fuse_pair(method, record.name, first, second, pair)
    except ValueError as error:
        raise BenchError(str(error)) from error


def recolor(gray: Picture, *sources: Picture, levels: str = "full") -> Image:
    """Give a gray fused picture the chroma of its sources (`tcmoa-bench recolor`).

    Args:
        gray: The fused luma.
        sources: Pictures of the same size, at least one in colour.
        levels: Which luma `gray` holds: `full` (0..255) or `studio` (16..235).

    Returns:
        `uint8`, `H x W x 3` RGB.

    Raises:
        BenchError: A file cannot be read, sizes differ, or there is no colour to give.
    """
    try:
        return recolour(_read(gray), [_read(source) for source in sources], levels)
    except (OSError, ValueError) as error:
        raise BenchError(str(error)) from error


def _path(place: str | Path | None) -> Path | None:
    return None if place is None else Path(place)


def _read(picture: Picture) -> Image:
    return read_image(Path(picture)) if isinstance(picture, str | Path) else picture


def _sources(a: Picture, b: Picture) -> tuple[Image, Image]:
    if isinstance(a, str | Path) and isinstance(b, str | Path):
        return read_pair(Path(a), Path(b))
    try:
        return _read(a), _read(b)
    except (OSError, ValueError) as error:
        raise BenchError(str(error)) from error


def _pictures(
    a: Picture, b: Picture, fused: Picture, reference: Picture | None
) -> tuple[Image, Image, Image, Image | None]:
    first, second = _sources(a, b)
    try:
        image, truth = _read(fused), None if reference is None else _read(reference)
    except (OSError, ValueError) as error:
        raise BenchError(str(error)) from error
    if isinstance(a, str | Path) and isinstance(fused, str | Path):
        check_size(Path(fused), image, Path(a), first)
    return first, second, image, truth
