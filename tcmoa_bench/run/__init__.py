"""A run: the plan of its cells, the runner, progress, suites and the manifest.

The package can be called: `tcmoa_bench.run("vif")` is `run` below, so that one name serves both `import tcmoa_bench` and
`from tcmoa_bench.run.suite import load_suite`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcmoa_bench.reports.results import Results
    from tcmoa_bench.run.request import Overwrite


def run(
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
    jobs: int = 1,
    scheduler: str | None = None,
    device: str = "cpu",
    weights: str | Path | None = None,
    timeout: float = 600.0,
    options: Mapping[str, str] | None = None,
    border: int | None = None,
    mask: str | Path | None = None,
    overwrite: Overwrite = "only-missing",
    report: bool = True,
    progress: bool = True,
    stacks: str | Path | None = None,
    further: Sequence[str | Path] = (),
) -> Results:
    """Run a suite, or pairs of your own: fuse every pair with every fuser, score, write tables and an HTML report.

    What `tcmoa-bench run` does, with the same words. Nothing that the folder holds already is computed again.

    Args:
        suite: Name of a shipped suite, or a TOML file; leave it out for pairs of your own.
        data: Folder of datasets; without it the embedded sample.
        a: Your own pairs: folder of source A (visible, under-exposed, near), and
        b: of source B (infrared, over-exposed, far), matched by stem; or
        csv: a list with the columns `a,b[,name,reference,fused,further]`.
        task: What your own pairs are; by default what the folders' names say, else `vif`.
        pairs: Only these: names of pairs, or files that list them.
        exclude: All but these, likewise.
        sample: So many pairs of each dataset, drawn by `seed`.
        seed: Of `sample`.
        out: Run folder; default `runs/SUITE`.
        fusers: In place of the suite's: names, `name:option=value`, `module:callable`.
        metrics: In place of the suite's: `SD@tang2022`, or a convention or profile.
        convention: Convention of bare metric names.
        fused: Folders of images that were fused elsewhere, by label.
        fused_maps: Lists (CSV) of such images, by label.
        commands: Programs that fuse, by label: command lines with `{a}`, `{b}` and `{out}`.
        recolor: Labels whose gray images get their sources' colours back, and the range of their luma (`full`, `studio`).
        limit: At most so many pairs of each dataset.
        jobs: Worker processes.
        scheduler: Address of a dask scheduler that gets the cells instead.
        device: Torch device of networks.
        weights: Folder of weights files, or the file of the one network.
        timeout: Seconds for a step of a pair (reading, fusing, one metric) until it is ended and the cell fails.
        options: Options for every fuser.
        border: Pixels left out along each side when measuring.
        mask: Picture, or folder with one for each pair: measured is its white.
        overwrite: Compute what is missing, failed or changed; `always` everything; `never` only what was never tried.
        report: Write the HTML report.
        progress: Say on standard error how far the run is.
        stacks: Stacks of more than two sources: a folder for each scene, or files `scene_1.png`, `scene_2.png`; with `task`.
        further: Folders of the sources after B, beside `a` and `b`, matched by stem.

    Returns:
        The finished run. Failed cells are its `failures`; they raise nothing.

    Raises:
        BenchError: The run cannot start: no pairs, unknown names, a folder that holds another suite's run.
    """
    from tcmoa_bench.reports.results import load_run
    from tcmoa_bench.run.calls import request
    from tcmoa_bench.run.progress import Progress
    from tcmoa_bench.run.runner import run as run_request

    wanted = request(
        suite, data=data, a=a, b=b, csv=csv, task=task, pairs=pairs, exclude=exclude, sample=sample, seed=seed, out=out,
        fusers=fusers, metrics=metrics, convention=convention, fused=fused, fused_maps=fused_maps, commands=commands,
        recolor=recolor, limit=limit, device=device, weights=weights, timeout=timeout, options=options, border=border,
        mask=mask, overwrite=overwrite, stacks=stacks, further=further,
    )  # fmt: skip
    outcome = run_request(wanted, jobs, scheduler, Progress(sys.stderr if progress else None), report)
    return load_run(outcome.folder)


class _Callable(ModuleType):
    """A package that is also the function of its name."""

    __call__ = staticmethod(run)


sys.modules[__name__].__class__ = _Callable
