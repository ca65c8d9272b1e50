"""Runs a plan: cells in worker processes, one store transaction for each, and the outputs at the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from tcmoa_bench.images import sweep, write_bytes
from tcmoa_bench.run import manifest
from tcmoa_bench.run.axes import started_by_suite
from tcmoa_bench.run.cluster import on_cluster
from tcmoa_bench.run.plan import Plan, make_plan
from tcmoa_bench.run.progress import Progress
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.workers import in_workers, start
from tcmoa_bench.store import CellResult, RunStore, pixels_digest
from tcmoa_bench.types import BenchError

if TYPE_CHECKING:
    from tcmoa_bench.reports.summary import Run


@dataclass
class Outcome:
    """How a run ended.

    Attributes:
        folder: The run folder.
        fusers: Labels of the fusers of this start.
        done: Cells computed now.
        cached: Cells that were there.
        changed: Cells computed anew because their inputs or method changed.
        failures: Failed cells.
        remarks: Sentences about fused images that no fusion should give.
        report: The HTML report.
        finished: What the folder holds now.
    """

    folder: Path
    fusers: Sequence[str] = ()
    done: int = 0
    cached: int = 0
    changed: int = 0
    failures: list[CellResult] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    report: Path | None = None
    finished: Run | None = None

    @property
    def exit_code(self) -> int:
        """0: all done; 1: some cells failed."""
        return 1 if self.failures else 0


def plan_run(request: Request) -> Plan:
    """The plan of a run, with nothing written and no plug-in imported (`--dry-run`)."""
    if (request.out / "run.sqlite").is_file():
        with RunStore.open(request.out) as store:
            _refuse_other_suite(store, request)
            plan = make_plan(request, store, load=False)
    else:
        plan = make_plan(request, None, load=False)
    return replace(plan, notes=[*started_by_suite(request), *plan.notes])


def run(
    request: Request,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Progress | None = None,
    report: bool = True,
) -> Outcome:
    """Do what is missing of a run, then write its outputs.

    Args:
        request: What to run, and where.
        jobs: Worker processes on this machine.
        scheduler: Address of a `dask.distributed` scheduler that gets the cells instead.
        progress: Where progress goes.
        report: Write the HTML report as well.

    Returns:
        The outcome; failures are in it, not raised.

    Raises:
        BenchError: The run cannot start (no pairs, unknown names, the folder holds another suite's run or is in use).
        KeyboardInterrupt: The user ended it; finished cells are stored.
    """
    progress = progress or Progress()
    if jobs == 1 and scheduler is None and not (request.out / "run.sqlite").exists():
        start()  # a new run has work: its worker starts while it is planned
    with _locked(request.out):
        sweep(request.out)
        with RunStore.create(request.out) as store:
            _refuse_other_suite(store, request)
            progress.say(started_by_suite(request))
            plan = make_plan(request, store)
            _describe(store, plan, jobs)
            progress.start(plan)
            labels = [ready.spec.label for ready in plan.fusers]
            outcome = Outcome(request.out, labels, cached=plan.cached, changed=plan.changed)
            for result in plan.unrunnable:
                store.add(result)
                outcome.failures.append(result)
                progress.advance(result)
            try:
                for result in _results(plan, jobs, scheduler):
                    store.add(result)
                    outcome.done += result.status == "done"
                    if result.status == "failed":
                        outcome.failures.append(result)
                    progress.advance(result)
            finally:
                progress.stop()
            if plan.has_work:
                store.set_meta(finished=manifest.now())
        return finish(outcome, report)


def finish(outcome: Outcome, report: bool = True) -> Outcome:
    """Write manifest, tables, scores and report of a run from its store."""
    from tcmoa_bench.reports.outputs import write_outputs
    from tcmoa_bench.reports.summary import load_run, remarks

    with RunStore.open(outcome.folder) as store:
        write_manifest(store)
    outcome.finished = load_run(outcome.folder)
    outcome.remarks = remarks(outcome.finished)
    outcome.report = write_outputs(outcome.folder, report, outcome.finished)
    return outcome


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One run at a time in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BenchError(
            f"another run is at work in {folder}; wait for it, or choose another --out"
        ) from None
    try:
        yield
    finally:
        lock.release()
        (folder / ".lock").unlink(missing_ok=True)


def _refuse_other_suite(store: RunStore, request: Request) -> None:
    there = store.meta.get("suite")
    suite = request.suite
    if there and (there["name"], there["version"]) != (suite.name, suite.version):
        raise BenchError(
            f"{request.out} holds a run of suite {there['name']} (version {there['version']}), not of {suite.name} "
            f"(version {suite.version}); choose another folder with --out"
        )


def _planned(store: RunStore, plan: Plan) -> dict[str, int]:
    """Cells by fuser that the folder holds when this start is over, those of earlier starts included."""
    started = {cell.key for cell in plan.todo} | {result.key for result in plan.unrunnable}
    return dict(Counter(fuser for _, _, fuser in started | store.stored_cells().keys()))


def _describe(store: RunStore, plan: Plan, jobs: int) -> None:
    """Write down what is run before the first cell is, so that a killed run is explained too."""
    suite = plan.request.suite
    store.declare(plan.pair_rows(), plan.fuser_rows(), plan.metric_rows())
    store.forget_scores(plan.other_reference, [m.qualified for m in plan.metrics if m.reads_more])
    if store.meta and not plan.has_work:
        return  # a start that computes nothing is no part of the run's history
    store.set_meta(
        suite={"name": suite.name, "version": suite.version, "title": suite.title, "paper": suite.paper},
        command=manifest.command_line(),
        started=manifest.now(),
        environment=manifest.environment(),
        device=plan.request.options.device,
        jobs=jobs,
        seed=0,
        dataset_fingerprint=plan.sources.fingerprint,
        choice={**plan.request.choice.facts(), **({"limit": limit} if (limit := plan.request.limit) else {})},
        planned=_planned(store, plan),
        meanings={**store.meta.get("meanings", {}), **{m.qualified: m.facts.meaning for m in plan.metrics}},
        references={**store.meta.get("references", {}), **plan.sources.references},
        notes=list(plan.notes),
        sample=all(pair.dataset.startswith("sample") for pair in plan.pairs),
        **({"joined": {**store.meta.get("joined", {}), **joined}} if (joined := plan.joined()) else {}),
    )
    write_manifest(store)


def write_manifest(store: RunStore) -> None:
    """`manifest.json`: the store's facts for people and scripts."""
    content: dict[str, Any] = dict(store.meta)
    content["signatures"] = {row.qualified: row.signature for row in store.metrics().itertuples()}
    content["origins"] = store.origins()
    content["pairs"] = {f"{row.dataset}/{row.pair}": list(row.hashes) for row in store.pairs().itertuples()}
    content["pixels"] = {
        str(fuser): pixels_digest((row.dataset, row.pair, row.fused_hash) for row in cells.itertuples())
        for fuser, cells in store.cells().groupby("fuser", sort=False)
    }
    content["fusers"] = {row.fuser: row.record for row in store.fusers().itertuples()}
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    write_bytes(store.folder / "manifest.json", text.encode("utf-8", "backslashreplace") + b"\n")


def _results(plan: Plan, jobs: int, scheduler: str | None) -> Iterator[CellResult]:
    """Results as they come, in any order."""
    cells = plan.todo
    if not cells:
        return
    if scheduler is not None:
        yield from on_cluster(cells, scheduler, plan.sources.hashes)
    else:
        yield from in_workers(cells, jobs)
